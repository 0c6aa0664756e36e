//! The permit to make a port that fails on purpose. It cannot be made up, copied
//! or stored: only a plan gives it, and only one that harms nobody.

use crate::plan::Plan;

/// That a plan is a rehearsal on simulated devices.
///
/// Outside of this file nobody can make one:
///
/// ```compile_fail
/// let permit = tuf_ceremony::runner::drill::Permit(());
/// ```
#[derive(Debug)]
pub struct Permit(());

impl Permit {
    /// A permit, if the plan is a rehearsal and none of its tokens could be a
    /// real device (PKCS#11, even SoftHSM2; YubiHSM 2, even simulated).
    ///
    /// # Errors
    /// Why not, in words.
    pub fn of(plan: &Plan) -> Result<Permit, String> {
        match plan.refuses_drills() {
            None => Ok(Permit(())),
            Some(why) => Err(why),
        }
    }
}
