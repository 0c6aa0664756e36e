//! One call: counted and logged across processes, and what the script wants done
//! before and after it. The three files lie beside the module itself, because a
//! worker's environment is closed and the path of its module is all that a test
//! can give it: `pkcs11-fault.conf` (the script), `.log`, `.counts`.

use std::collections::BTreeSet;
use std::ffi::{CStr, OsStr};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV, CKR_GENERAL_ERROR, CKR_OK};

use crate::FUNCTIONS;
use crate::script::{Point, Rule, Script};

/// One line of the counter file: a name, a number, a line end.
const LINE: usize = 40;

/// What has succeeded since the last C_Initialize of this process.
static DONE: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

pub(crate) struct Call {
    function: &'static str,
    total: u64,
    nth: u64,
    rules: Vec<Rule>,
}

impl Call {
    /// Counts and logs a call, does what is to be done before it. `Err`: the
    /// answer, the real module is not asked.
    pub(crate) fn enter(function: &'static str) -> Result<Call, CK_RV> {
        let (total, nth) = count(function).ok_or(CKR_GENERAL_ERROR)?;
        let mut call = Call {
            function,
            total,
            nth,
            rules: Vec::new(),
        };
        call.log("enter");
        let script = match script() {
            Ok(script) => script,
            Err(line) => {
                call.log(&format!("BAD SCRIPT {line}"));
                return Err(CKR_GENERAL_ERROR);
            }
        };
        let done = DONE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        call.rules = script
            .rules
            .into_iter()
            .filter(|r| r.applies(function, nth, total, &done))
            .collect();
        match call.act(Point::Before) {
            None => Ok(call),
            Some(rv) => {
                call.log(&format!("leave real=- said={rv:#x}"));
                Err(rv)
            }
        }
    }

    /// What the real module answered; what is to be done after it. The answer.
    pub(crate) fn leave(&self, real: CK_RV) -> CK_RV {
        self.log(&format!("acted real={real:#x}"));
        let said = self.act(Point::After).unwrap_or(real);
        let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
        if self.function == "C_Initialize" {
            done.clear();
        }
        if real == CKR_OK {
            done.insert(self.function.to_owned());
        }
        drop(done);
        self.log(&format!("leave real={real:#x} said={said:#x}"));
        said
    }

    /// The lies with this name; each is logged.
    pub(crate) fn lie(&self, verb: &str) -> Option<&Rule> {
        let found = self
            .rules
            .iter()
            .find(|r| r.point == Point::Lie && r.verb == verb);
        if found.is_some() {
            self.log(&format!("lie {verb}"));
        }
        found
    }

    /// Every lie, for those that may be told several times.
    pub(crate) fn lies(&self) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .filter(|r| r.point == Point::Lie)
            .inspect(|r| self.log(&format!("lie {}", r.verb)))
    }

    pub(crate) fn log(&self, what: &str) {
        let line = format!(
            "{} {} {} {} {what}\n",
            self.total,
            std::process::id(),
            self.function,
            self.nth
        );
        // One write of one line: appends of two processes do not mix.
        let file = OpenOptions::new().append(true).create(true).open(beside("log"));
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }

    fn act(&self, point: Point) -> Option<CK_RV> {
        let mut answer = None;
        for rule in self.rules.iter().filter(|r| r.point == point) {
            let side = if point == Point::Before { "before" } else { "after" };
            self.log(&format!("do {side} {}", rule.verb));
            if rule.verb == "return" {
                answer = Some(rule.code());
            } else {
                self.generic(rule);
            }
        }
        answer
    }

    fn generic(&self, rule: &Rule) {
        match rule.verb.as_str() {
            "abort" => std::process::abort(),
            // SAFETY: none. A real fault, because the Rust runtime of the process would
            // survive the mere signal; nothing is ever mapped at this address.
            "segv" => unsafe { std::ptr::without_provenance_mut::<u8>(64).write_volatile(1) },
            // SAFETY: _exit runs no handler of ours; that is the point of it.
            "exit" => unsafe { libc::_exit(i32::try_from(rule.number()).unwrap_or(1)) },
            "hang" => loop {
                std::thread::sleep(Duration::from_secs(3600));
            },
            "sleep" => std::thread::sleep(Duration::from_millis(rule.number())),
            "stdout" => say(Path::new("/proc/self/fd/1"), &rule.text),
            "stderr" => say(Path::new("/proc/self/fd/2"), &rule.text),
            "tty" => say(Path::new("/dev/tty"), &rule.text),
            "pipes" => {
                for (path, target) in descriptors() {
                    if target.starts_with("pipe:") {
                        say(&path, &rule.text);
                    }
                }
            }
            "descriptors" => {
                let mut all: Vec<String> = descriptors()
                    .into_iter()
                    .map(|(path, target)| format!("{}={target}", path.display()))
                    .collect();
                all.sort();
                let tty = OpenOptions::new().write(true).open("/dev/tty").is_ok();
                self.log(&format!("descriptors {} tty={tty}", all.join(" ")));
            }
            "kill-parent" => kill_parent(),
            "kill-both" => {
                kill_parent();
                signal(std::process::id(), libc::SIGKILL);
            }
            "kill-self" => signal(std::process::id(), libc::SIGKILL),
            _ => {}
        }
    }
}

/// The parent is dead when this returns.
fn kill_parent() {
    let parent = parent_id();
    signal(parent, libc::SIGKILL);
    while parent_id() == parent {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn signal(pid: u32, signal: i32) {
    let Ok(pid) = i32::try_from(pid) else { return };
    // SAFETY: kill takes two numbers; only our own process and its parent are named here.
    unsafe { libc::kill(pid, signal) };
}

fn say(path: &Path, text: &[u8]) {
    let file = OpenOptions::new().write(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(&[text, b"\n"].concat()));
}

/// Open descriptors and what they lead to.
fn descriptors() -> Vec<(PathBuf, String)> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    // The folder's own descriptor is closed by now, so its link cannot be read.
    let target = |p: &PathBuf| std::fs::read_link(p).ok().map(|t| t.display().to_string());
    paths
        .into_iter()
        .filter_map(|p| target(&p).map(|t| (p, t)))
        .collect()
}

/// A file beside this shared library.
fn beside(extension: &str) -> PathBuf {
    static OWN: OnceLock<PathBuf> = OnceLock::new();
    let own = OWN.get_or_init(|| {
        let address = crate::C_GetFunctionList as *const () as *const libc::c_void;
        // SAFETY: all-zero is a valid Dl_info (pointers and numbers); dladdr fills
        // it in, and the name it gives lives as long as this library is loaded.
        unsafe {
            let mut info: libc::Dl_info = std::mem::zeroed();
            if libc::dladdr(address, &raw mut info) == 0 || info.dli_fname.is_null() {
                return PathBuf::new();
            }
            PathBuf::from(OsStr::from_bytes(CStr::from_ptr(info.dli_fname).to_bytes()))
        }
    });
    own.with_file_name(format!("pkcs11-fault.{extension}"))
}

fn script() -> Result<Script, String> {
    let path = beside("conf");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Script::parse(&text)
}

/// The number of this call among all and among those of its function, over every
/// process that has used this copy of the module.
fn count(function: &str) -> Option<(u64, u64)> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(beside("counts"))
        .ok()?;
    // SAFETY: flock takes two numbers; the lock ends with the descriptor.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) };
    let place = FUNCTIONS
        .iter()
        .position(|f| *f == function)
        .map_or(FUNCTIONS.len() + 1, |at| at + 1);
    Some((next(&file, 0, "total")?, next(&file, place, function)?))
}

/// Adds one to a line of fixed width, so that a process that is killed while it
/// writes leaves no half file.
fn next(file: &File, place: usize, name: &str) -> Option<u64> {
    let at = u64::try_from(place * LINE).ok()?;
    let mut line = [0; LINE];
    let old = match file.read_exact_at(&mut line, at) {
        Ok(()) => std::str::from_utf8(&line)
            .ok()
            .and_then(|l| l.split_whitespace().last()?.parse().ok()),
        Err(_) => None,
    };
    let new = old.unwrap_or(0u64) + 1;
    file.write_all_at(format!("{name:<28}{new:>11}\n").as_bytes(), at)
        .ok()?;
    Some(new)
}

/// The real module's functions; loaded once and never unloaded.
pub(crate) fn real() -> Option<&'static CK_FUNCTION_LIST> {
    static REAL: OnceLock<Option<CK_FUNCTION_LIST>> = OnceLock::new();
    REAL.get_or_init(|| {
        let path = script().ok()?.module;
        // SAFETY: the test names a PKCS#11 module; its list stays valid because the
        // library is never closed.
        unsafe {
            let library = libloading::Library::new(path).ok()?;
            let get: libloading::Symbol<unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV> =
                library.get(b"C_GetFunctionList\0").ok()?;
            let mut list = std::ptr::null_mut();
            let good = get(&raw mut list) == CKR_OK && !list.is_null();
            std::mem::forget(library);
            good.then(|| *list)
        }
    })
    .as_ref()
}
