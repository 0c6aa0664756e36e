//! A worker as a child process, seen from our side: spawned with a closed
//! environment, watched by a clock, killed by its own handle, reaped on drop
//! (T12, V29, V30, G31). A thread of its own does the writing and reading,
//! so that a worker that neither reads nor writes cannot stop us.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use super::frame::{self, Broken};
use super::protocol::{Answer, HELLO, decode};
use crate::base::Secret;
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::signer::fault::{asks, fault};

/// The only variables that a worker's environment may have: where vendor
/// modules look for their configuration. No HOME: nothing is found by chance.
pub const ENVIRONMENT: [&str; 7] = [
    "SOFTHSM2_CONF",
    "KRYOPTIC_CONF",
    "OPENSC_CONF",
    "YUBIHSM_PKCS11_CONF",
    "TPM2_PKCS11_STORE",
    "TPM2_PKCS11_TCTI",
    // NSS softokn's configuration, `configdir='sql:/folder'`: handed to it, and to no
    // other module, through C_Initialize's reserved pointer.
    "NSS_LIB_PARAMS",
];

/// How long a worker that was told to go may take.
const GRACE: Duration = Duration::from_secs(2);

/// How long calls may take before the worker is killed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Any call but those below.
    pub call: Duration,
    /// Initialising a device.
    pub initialise: Duration,
    /// Generating a key on a curve.
    pub generate: Duration,
    /// Generating an RSA key: cards have taken more than five minutes (T25).
    pub generate_rsa: Duration,
    /// What a call may take longer because a person types on a PIN pad.
    pub person: Duration,
}

impl Limits {
    /// The same for every call: for rehearsals of a device that hangs.
    #[must_use]
    pub fn all(each: Duration) -> Limits {
        Limits {
            call: each,
            initialise: each,
            generate: each,
            generate_rsa: each,
            person: each,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            call: Duration::from_secs(10),
            initialise: Duration::from_secs(60),
            generate: Duration::from_secs(600),
            generate_rsa: Duration::from_secs(1800),
            person: Duration::from_secs(180),
        }
    }
}

/// How to start a worker.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    executable: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    log: Option<PathBuf>,
    limits: Limits,
}

impl WorkerCommand {
    /// A worker that is `executable`, given those of our variables that are in
    /// [`ENVIRONMENT`]. What a module prints to stderr is thrown away.
    #[must_use]
    pub fn new(executable: &Path) -> WorkerCommand {
        WorkerCommand {
            executable: executable.to_owned(),
            arguments: Vec::new(),
            environment: ENVIRONMENT
                .iter()
                .filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)))
                .collect(),
            log: None,
            limits: Limits::default(),
        }
    }

    /// Sets a variable; names that are not in [`ENVIRONMENT`] are left out.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> WorkerCommand {
        if ENVIRONMENT.contains(&name) {
            self.environment.retain(|(n, _)| n != name);
            self.environment.push((name.into(), value.as_ref().to_owned()));
        }
        self
    }

    /// Appends what a module prints to stderr to this file (mode 0600).
    #[must_use]
    pub fn log(mut self, file: &Path) -> WorkerCommand {
        self.log = Some(file.to_owned());
        self
    }

    /// Other time limits than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> WorkerCommand {
        self.limits = limits;
        self
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> WorkerCommand {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let stderr = match &self.log {
            None => Stdio::null(),
            Some(path) => Stdio::from(rustix::fs::open(
                path,
                OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::RUSR | Mode::WUSR,
            )?),
        };
        Command::new(&self.executable)
            .args(&self.arguments)
            .env_clear()
            .env("LANG", "C")
            .envs(self.environment.iter().map(|(n, v)| (n, v)))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
    }
}

/// One thing to send.
pub(crate) enum Part {
    Frame(Vec<u8>),
    Secret(Secret),
}

/// A running worker; the only one who talks to it.
pub(crate) struct Worker {
    child: Child,
    jobs: Option<Sender<Vec<Part>>>,
    answers: Receiver<Result<Vec<u8>, Broken>>,
    /// The limits that the caller picks from.
    pub(crate) limits: Limits,
}

impl Worker {
    /// Starts a worker and waits for its hello.
    pub(crate) fn start(command: &WorkerCommand) -> Result<Worker, DeviceFault> {
        let op = Operation::Find;
        let failed = |text: String| fault(op, DeviceCode::ModuleCrashed, Changed::No, &text);
        let mut child = command
            .spawn()
            .map_err(|error| failed(format!("{}: {error}", command.executable.display())))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("the worker has no pipes".to_owned()));
        };
        let (jobs, todo) = channel();
        let (done, answers) = channel();
        // Not joined: it ends with its pipes, and a stray grandchild could keep them open.
        let _thread = std::thread::spawn(move || talk(stdin, stdout, &todo, &done));
        let mut worker = Worker {
            child,
            jobs: Some(jobs),
            answers,
            limits: command.limits,
        };
        match worker.wait(op, command.limits.call)? {
            Answer::Hello { version } if version == HELLO => Ok(worker),
            Answer::Fault { fault } => Err(fault),
            _ => Err(worker.refuse(op, "not the hello of a worker of this version")),
        }
    }

    /// Sends and waits for the answer.
    pub(crate) fn call(
        &mut self,
        op: Operation,
        limit: Duration,
        parts: Vec<Part>,
    ) -> Result<Answer, DeviceFault> {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(parts).is_ok());
        if !sent {
            return Err(fault(
                op,
                DeviceCode::ModuleCrashed,
                Changed::No,
                "the module's process has ended; open the device again",
            ));
        }
        self.wait(op, limit)
    }

    /// Ends the worker because its answer cannot be believed.
    pub(crate) fn refuse(&mut self, op: Operation, text: &str) -> DeviceFault {
        self.kill();
        fault(op, DeviceCode::AnswerRefused, changed(op), text)
    }

    fn wait(&mut self, op: Operation, limit: Duration) -> Result<Answer, DeviceFault> {
        let got = self.answers.recv_timeout(limit);
        match got {
            Ok(Ok(frame)) => {
                decode(&frame).ok_or_else(|| self.refuse(op, "the worker's answer is malformed"))
            }
            Ok(Err(Broken::TooLong(len))) => {
                Err(self.refuse(op, &format!("the worker announced an answer of {len} bytes")))
            }
            Ok(Err(Broken::Ended)) | Err(RecvTimeoutError::Disconnected) => {
                let how = self.kill();
                Err(fault(
                    op,
                    DeviceCode::ModuleCrashed,
                    changed(op),
                    &format!("the module's process ended during the call ({how})"),
                ))
            }
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                let seconds = limit.as_secs_f32();
                Err(fault(
                    op,
                    DeviceCode::ModuleHangs,
                    changed(op),
                    &format!("no answer from the module within {seconds} s; its process was ended"),
                ))
            }
        }
    }

    /// Closes the pipe, waits a moment, kills, reaps. How it ended, in words.
    fn end(&mut self, grace: Duration) -> String {
        self.jobs = None;
        if let Some(how) = self.reaped(grace) {
            return how;
        }
        // By its handle: std signals this child only, and only while it is unreaped.
        let _ = self.child.kill();
        self.reaped(GRACE).unwrap_or_else(|| "not reaped".to_owned())
    }

    fn kill(&mut self) -> String {
        // One that has crashed is only a moment away from telling how.
        self.end(Duration::from_millis(50))
    }

    fn reaped(&mut self, within: Duration) -> Option<String> {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    return Some(match (status.code(), status.signal()) {
                        (Some(code), _) => format!("exit code {code}"),
                        (None, Some(signal)) => format!("signal {signal}"),
                        (None, None) => "no status".to_owned(),
                    });
                }
                Ok(None) if start.elapsed() < within => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => return None,
                Err(error) => return Some(error.to_string()),
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.end(GRACE);
    }
}

/// What a call that was cut off may have changed.
fn changed(op: Operation) -> Changed {
    if asks(op) { Changed::No } else { Changed::Unknown }
}

/// The I/O thread: hello, then request and answer in turn until either side goes.
fn talk(
    mut stdin: ChildStdin,
    mut stdout: ChildStdout,
    todo: &Receiver<Vec<Part>>,
    done: &Sender<Result<Vec<u8>, Broken>>,
) {
    if !deliver(&mut stdout, done) {
        return;
    }
    while let Ok(parts) = todo.recv() {
        for part in &parts {
            let written = match part {
                Part::Frame(bytes) => frame::write(&mut stdin, bytes),
                Part::Secret(secret) => frame::write(&mut stdin, secret.expose()),
            };
            if written.is_err() {
                let _ = done.send(Err(Broken::Ended));
                return;
            }
        }
        drop(parts); // wiped before the module has said anything
        if !deliver(&mut stdout, done) {
            return;
        }
    }
}

fn deliver(stdout: &mut impl Read, done: &Sender<Result<Vec<u8>, Broken>>) -> bool {
    let got = frame::read(stdout);
    let good = got.is_ok();
    done.send(got).is_ok() && good
}

/// Our own ends of stdin and stdout in a worker, unbuffered: std's `Stdin` would
/// keep a PIN in a buffer that nobody wipes. From then on fd 1 is /dev/null, so
/// that a module that prints cannot put words into our frames.
pub(crate) fn take_pipes() -> std::io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let input = std::io::stdin().as_fd().try_clone_to_owned()?;
    let output = std::io::stdout().as_fd().try_clone_to_owned()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok((File::from(input), File::from(output)))
}
