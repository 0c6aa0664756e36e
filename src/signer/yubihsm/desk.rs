//! One thread for one device: it owns the client, works off calls one after the
//! other, and outlives a panic in any of them (the crate panics on some answers
//! instead of failing, and its locks stay poisoned: the client is thrown away).
//! Between calls it keeps the session alive, so that no password has to be kept.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::link::{Link, Reach};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::signer::fault::{asks, fault};

/// A device ends a session after 30 s of silence.
const TICK: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Link) + Send>;

/// The caller's side of the thread. Dropping it ends the thread, and with it
/// what this process holds of the device.
pub(super) struct Desk {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    /// Starts the thread; it talks to nobody yet.
    pub(super) fn start(reach: Reach) -> Result<Desk, DeviceFault> {
        let (jobs, work) = mpsc::channel::<Job>();
        let body = move || {
            let mut link = Link::new(reach);
            loop {
                match work.recv_timeout(TICK) {
                    Ok(job) => job(&mut link),
                    Err(RecvTimeoutError::Timeout) => keep_alive(&mut link),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let named = std::thread::Builder::new().name("yubihsm".to_owned());
        let thread = named.spawn(body).map_err(|e| {
            fault(
                Operation::Find,
                DeviceCode::DeviceError,
                Changed::No,
                &format!("no thread for the device: {e}"),
            )
        })?;
        Ok(Desk {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Does `work` on the thread and waits for its answer. Every call of the
    /// crate ends by itself: its USB and HTTP reads have time limits.
    pub(super) fn call<T: Send + 'static>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Link) -> Result<T, DeviceFault> + Send + 'static,
    ) -> Result<T, DeviceFault> {
        let (answer, wait) = mpsc::channel();
        let job = move |link: &mut Link| {
            let result = catch_unwind(AssertUnwindSafe(|| work(link))).unwrap_or_else(|_| {
                link.discard();
                Err(broken(operation))
            });
            // Who asked may be gone; then nobody wants to know.
            let _ = answer.send(result);
        };
        let jobs = self.jobs.as_ref().ok_or_else(|| broken(operation))?;
        jobs.send(Box::new(job)).map_err(|_| broken(operation))?;
        wait.recv().map_err(|_| broken(operation))?
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep_alive(link: &mut Link) {
    if catch_unwind(AssertUnwindSafe(|| link.tick())).is_err() {
        link.discard();
    }
}

fn broken(operation: Operation) -> DeviceFault {
    let changed = if asks(operation) {
        Changed::No
    } else {
        Changed::Unknown
    };
    fault(
        operation,
        DeviceCode::ModuleCrashed,
        changed,
        "the YubiHSM library gave up on an answer (a panic); its session is thrown away, log in again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault_and_the_desk_goes_on() {
        let desk = Desk::start(Reach::Http(1)).unwrap();
        let fell = desk.call::<()>(Operation::Sign, |_| panic!("as the crate does"));
        let fell = fell.unwrap_err();
        assert_eq!(
            (fell.code, fell.changed),
            (DeviceCode::ModuleCrashed, Changed::Unknown)
        );
        let asked = desk.call::<()>(Operation::Keys, |_| panic!("as the crate does"));
        assert_eq!(asked.unwrap_err().changed, Changed::No);
        assert_eq!(desk.call(Operation::Keys, |_| Ok(7)).unwrap(), 7);
    }

    #[test]
    fn a_panic_costs_the_session_and_nothing_else() {
        use crate::base::device::Credential;
        use yubihsm::authentication::Credentials;
        let simulator = yubihsm_sim::Simulator::start(yubihsm_sim::Config::default()).unwrap();
        let desk = Desk::start(Reach::Http(simulator.port())).unwrap();
        let log_in = |link: &mut Link| link.log_in(Credential::Signer, Credentials::default());
        desk.call(Operation::Unlock, log_in).unwrap();
        let fell = desk.call::<()>(Operation::Sign, |link| {
            // Inside a command, so that the client's own lock is poisoned.
            link.tell(Operation::Sign, yubihsm::command::Code::SignEddsa, |c| {
                c.sign_ed25519(1, vec![0; 3000]).map(drop)
            })
        });
        assert_eq!(fell.unwrap_err().code, DeviceCode::ModuleCrashed);
        let role = desk.call(Operation::Keys, |link| Ok(link.role())).unwrap();
        assert_eq!(role, None, "a person logs in anew");
        desk.call(Operation::Unlock, log_in).unwrap();
        desk.call(Operation::Keys, |link| link.check_same(Operation::Keys))
            .unwrap();
    }
}
