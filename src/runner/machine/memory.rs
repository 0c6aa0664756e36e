//! Where memory could end up: swap, core files, the machine around a virtual
//! one (facts/security.md, T16).

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

use super::tree::Tree;
use super::{FindingCode, Look};

/// What this process allows of core dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// `RLIMIT_CORE`: both limits are zero.
    pub limited: bool,
    /// `PR_GET_DUMPABLE`: it is not dumpable at all.
    pub undumpable: bool,
}

pub(super) fn of_this_process() -> Core {
    let limit = getrlimit(Resource::Core);
    Core {
        limited: limit.current == Some(0) && limit.maximum == Some(0),
        undumpable: matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable)),
    }
}

/// `/proc/swaps`: a line of headings, then one for each area. A kernel without
/// swap has no such file.
pub(super) fn swap(tree: &Tree, look: &mut Look) {
    match tree.text("proc/swaps") {
        Ok(text) if text.starts_with("Filename") => {
            let areas = text.lines().skip(1).filter_map(|l| l.split_whitespace().next());
            look.found(FindingCode::SwapOn, areas.map(str::to_owned).collect());
        }
        // Without /proc nothing says that there is none.
        Err(super::tree::Missing::Absent) if tree.text("proc/meminfo").is_ok_and(|t| no_swap(&t)) => {}
        _ => look.unread("proc/swaps"),
    }
}

fn no_swap(meminfo: &str) -> bool {
    let total = meminfo.lines().find_map(|l| l.strip_prefix("SwapTotal:"));
    total.is_none_or(|kb| kb.split_whitespace().next() == Some("0"))
}

/// A piped `core_pattern` knows no limit (core(5)): it would also get the memory
/// of programs that this one works with.
pub(super) fn core(tree: &Tree, own: Core, look: &mut Look) {
    let mut open = Vec::new();
    if !own.limited {
        open.push("RLIMIT_CORE is not 0".to_owned());
    }
    if !own.undumpable {
        open.push("the process is dumpable".to_owned());
    }
    look.found(FindingCode::CoreDumps, open);
    match tree.text("proc/sys/kernel/core_pattern") {
        Ok(pattern) => {
            let helper = pattern.strip_prefix('|').map(str::to_owned);
            look.found(FindingCode::CoreHelper, helper.into_iter().collect());
        }
        Err(_) => look.unread("proc/sys/kernel/core_pattern"),
    }
}

/// The processor's own word for a virtual machine.
pub(super) fn processor(tree: &Tree, look: &mut Look) {
    let flag = |l: &str| {
        let (name, flags) = l.split_once(':')?;
        let is = matches!(name.trim(), "flags" | "Features");
        (is && flags.split_whitespace().any(|f| f == "hypervisor")).then_some(())
    };
    match tree.text("proc/cpuinfo") {
        Ok(text) => {
            let said = text.lines().find_map(flag).map(|()| "cpu flag".to_owned());
            look.found(FindingCode::Hypervisor, said.into_iter().collect());
        }
        Err(_) => look.unread("proc/cpuinfo"),
    }
}
