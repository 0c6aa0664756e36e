//! The numbers of each profile (facts/tuf.md 3). A role's window follows from
//! two of them: its shortest life is the signing lead of the preset (a file that
//! lives less is due before it is published), its longest the preset's period
//! and a tenth of it, so that a ceremony can be moved by some weeks.

use crate::tuf::RoleName;

/// The shortest and longest life of a role's file, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// What the policy knows of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The profile's name.
    pub name: &'static str,
    /// Root, targets, snapshot, timestamp.
    windows: [Window; 4],
    /// The online side signs targets, with the online key.
    pub targets_online: bool,
    /// Root and targets have the same keys.
    pub shares_keys: bool,
    /// Targets may live longer than root.
    pub long_targets: bool,
}

/// `period` days of life, signed again `lead` days before the end.
const fn window(period: u32, lead: u32) -> Window {
    Window {
        min: lead,
        max: period.saturating_add(period.div_ceil(10)),
    }
}

/// A yearly offline file, signed again 60 days before (facts/tuf.md 3.5, 3.6).
const YEAR: Window = window(365, 60);
/// Files of the online side: anything from a day to the longest period in use.
const SNAPSHOT: Window = window(365, 1);
const TIMESTAMP: Window = window(7, 1);
const DAY: Window = window(1, 1);

impl Preset {
    /// All of them; every profile has one.
    pub const ALL: &[Preset] = &[
        Preset {
            name: "universal",
            windows: [YEAR, YEAR, SNAPSHOT, TIMESTAMP],
            targets_online: false,
            shares_keys: false,
            long_targets: false,
        },
        Preset {
            name: "hardware-default",
            windows: [YEAR, YEAR, SNAPSHOT, TIMESTAMP],
            targets_online: false,
            shares_keys: false,
            long_targets: false,
        },
        // facts/tuf.md 3.5.
        Preset {
            name: "tuf-on-ci",
            windows: [YEAR, YEAR, window(365, 60), window(2, 1)],
            targets_online: false,
            shares_keys: true,
            long_targets: false,
        },
        // facts/tuf.md 3.3: one online key for timestamp, snapshot and targets.
        Preset {
            name: "rstuf",
            windows: [YEAR, YEAR, DAY, DAY],
            targets_online: true,
            shares_keys: false,
            long_targets: false,
        },
        // facts/tuf.md 3.1.
        Preset {
            name: "pypi-pep458",
            windows: [YEAR, YEAR, DAY, DAY],
            targets_online: false,
            shares_keys: false,
            long_targets: false,
        },
        // facts/tuf.md 3.4: root v15 as it stands.
        Preset {
            name: "sigstore",
            windows: [window(197, 46), window(3650, 31), window(3650, 365), window(7, 6)],
            targets_online: false,
            shares_keys: true,
            long_targets: true,
        },
    ];

    /// The preset of a profile; that of `hardware-default` for a name without one.
    #[must_use]
    pub fn of(profile: &str) -> Preset {
        let default = Preset {
            name: "hardware-default",
            windows: [YEAR, YEAR, SNAPSHOT, TIMESTAMP],
            targets_online: false,
            shares_keys: false,
            long_targets: false,
        };
        Preset::ALL
            .iter()
            .copied()
            .find(|p| p.name == profile)
            .unwrap_or(default)
    }

    /// The window of a role's file.
    #[must_use]
    pub fn window(&self, role: RoleName) -> Window {
        let [root, targets, snapshot, timestamp] = self.windows;
        match role {
            RoleName::Root => root,
            RoleName::Targets => targets,
            RoleName::Snapshot => snapshot,
            RoleName::Timestamp => timestamp,
        }
    }

    /// Whether the role's keys stay offline.
    #[must_use]
    pub fn offline(&self, role: RoleName) -> bool {
        match role {
            RoleName::Root => true,
            RoleName::Targets => !self.targets_online,
            RoleName::Snapshot | RoleName::Timestamp => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuf::clients::Profile;

    #[test]
    fn every_profile_has_its_own_preset() {
        let presets: Vec<&str> = Preset::ALL.iter().map(|p| p.name).collect();
        let profiles: Vec<&str> = Profile::ALL.iter().map(|p| p.name).collect();
        assert_eq!(presets, profiles);
    }

    #[test]
    fn a_window_is_never_empty() {
        for preset in Preset::ALL {
            for role in RoleName::ALL {
                let window = preset.window(role);
                assert!(1 <= window.min && window.min <= window.max, "{preset:?} {role}");
            }
        }
        assert_eq!(YEAR, Window { min: 60, max: 402 });
    }
}
