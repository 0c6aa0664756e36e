//! A removable medium as Linux shows it: which mount a folder lies in, letting
//! go of it, mounting it again, and reading past the page cache. Unmounts only
//! what the kernel calls removable; everything else is for people to unmount
//! (facts/security.md 5.5).

use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};

use crate::base::medium::{Mounted, Release};
use crate::base::shown;

/// `STATX_MNT_ID_UNIQUE`, since Linux 6.8: an id that is never used again.
const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);
/// Direct reads want whole blocks at block addresses.
const BLOCK: usize = 4096;
/// Bytes that one direct read asks for.
const CHUNK: usize = 1 << 20;

/// One mount of a medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    point: PathBuf,
    /// The device.
    source: PathBuf,
    /// Its file system.
    kind: String,
    /// Where the kernel tells it: an id of this one mount.
    id: Option<u64>,
}

impl Mount {
    /// The mount that a folder lies in; `None`: a folder of this machine, in the
    /// root file system or in that of `home` (the record's folder).
    #[must_use]
    pub fn of(folder: &Path, home: &Path) -> Option<Mount> {
        let table = std::fs::read("/proc/self/mountinfo").ok()?;
        let table = String::from_utf8_lossy(&table);
        let folder = folder.canonicalize().ok()?;
        let mine = innermost(&table, &folder)?;
        let homes = home.canonicalize().ok().and_then(|h| innermost(&table, &h));
        if mine.point == Path::new("/") || homes.is_some_and(|h| h.point == mine.point) {
            return None;
        }
        Some(Mount {
            id: unique_id(&folder),
            ..mine
        })
    }

    /// Unmounts it where it may: a removable block device, and the right to.
    #[must_use]
    pub fn release(&self) -> Release {
        let by_hand = |because: &str| Release::ByHand {
            point: shown(&self.point.display().to_string(), 200),
            because: shown(because, 200),
        };
        if !is_removable(&self.source) {
            return by_hand("the system does not call its device removable");
        }
        match rustix::mount::unmount(&self.point, UnmountFlags::NOFOLLOW) {
            Ok(()) => Release::Unmounted,
            Err(Errno::PERM) => by_hand("this program has no right to unmount"),
            Err(Errno::BUSY) => by_hand("something else uses it"),
            Err(e) => by_hand(&e.to_string()),
        }
    }

    /// Mounts it again where it was, unless somebody did: what came back may be
    /// another stick, which its contents tell.
    pub fn again(&self) {
        let Ok(table) = std::fs::read("/proc/self/mountinfo") else {
            return;
        };
        let there = innermost(&String::from_utf8_lossy(&table), &self.point);
        if there.is_some_and(|m| m.point == self.point) {
            return;
        }
        let flags = MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
        let data: Option<&std::ffi::CStr> = None;
        // Where it fails nothing is found there, and people are told so.
        let _ = rustix::mount::mount(&self.source, &self.point, self.kind.as_str(), flags, data);
    }

    /// How a medium that is there now stands to this mount.
    #[must_use]
    pub fn compared(&self, now: Option<&Mount>) -> Mounted {
        match now.map(|m| (self.id, m.id)) {
            None => Mounted::Folder,
            Some((Some(before), Some(after))) if before == after => Mounted::AsBefore,
            Some((Some(_), Some(_))) => Mounted::Anew,
            Some(_) => Mounted::NotTold,
        }
    }
}

/// The mount with the longest point that is above a path; of several on one
/// point the last, which hides the others.
fn innermost(table: &str, path: &Path) -> Option<Mount> {
    let mut best: Option<Mount> = None;
    for line in table.lines() {
        let Some(mount) = line_of(line).filter(|m| path.starts_with(&m.point)) else {
            continue;
        };
        let longer = |b: &Mount| mount.point.components().count() >= b.point.components().count();
        if best.as_ref().is_none_or(longer) {
            best = Some(mount);
        }
    }
    best
}

/// `id parent major:minor root point options [optional fields] - kind source ..`
/// (proc_pid_mountinfo(5)).
fn line_of(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let point = left.split(' ').nth(4)?;
    let mut right = right.split(' ');
    let kind = right.next()?.to_owned();
    let source = right.next()?;
    Some(Mount {
        point: unescaped(point),
        source: unescaped(source),
        kind,
        id: None,
    })
}

/// The kernel writes space, tab, line feed and backslash as three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let mut text = field.to_owned();
    for (code, plain) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        text = text.replace(code, plain);
    }
    PathBuf::from(text)
}

fn unique_id(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statx(CWD, folder, AtFlags::NO_AUTOMOUNT, UNIQUE).ok()?;
    (found.stx_mask & UNIQUE.bits() != 0).then_some(found.stx_mnt_id)
}

/// Whether the kernel says that a block device, or the disk it is a part of,
/// can be taken out.
fn is_removable(source: &Path) -> bool {
    let Some(name) = source
        .canonicalize()
        .ok()
        .and_then(|p| p.file_name().map(|n| n.to_owned()))
    else {
        return false;
    };
    let Ok(place) = Path::new("/sys/class/block").join(name).canonicalize() else {
        return false;
    };
    let says = |dir: &Path| std::fs::read_to_string(dir.join("removable")).is_ok_and(|t| t.trim() == "1");
    says(&place) || place.parent().is_some_and(says)
}

/// A regular file past the page cache.
///
/// # Errors
/// The system's; `InvalidInput` where its file system has no direct reads.
pub(super) fn read_direct(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(
            (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::DIRECT)
                .bits()
                .cast_signed(),
        )
        .open(path)?;
    blocks(file)
}

fn blocks(mut file: std::fs::File) -> std::io::Result<Vec<u8>> {
    let mut space = vec![0u8; CHUNK.saturating_add(BLOCK)];
    let skip = space.as_ptr().align_offset(BLOCK);
    let aligned = space
        .get_mut(skip..)
        .and_then(|s| s.get_mut(..CHUNK))
        .ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut bytes = Vec::new();
    let len = file.metadata()?.len();
    loop {
        let got = file.read(aligned)?;
        bytes.extend_from_slice(aligned.get(..got).unwrap_or_default());
        // The next read would start inside a block, which is refused.
        if got < aligned.len() {
            break;
        }
    }
    if u64::try_from(bytes.len()) != Ok(len) {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{Disk, Real};
    use super::*;

    const TABLE: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:5 / /tmp rw - tmpfs tmpfs rw
41 22 8:17 / /media/my\\040stick rw,nosuid - vfat /dev/sdb1 rw
42 41 8:33 / /media/my\\040stick rw,nosuid master:3 propagate_from:2 - vfat /dev/sdc1 rw
";

    #[test]
    fn the_innermost_mount_is_found_and_the_last_one_hides_the_others() {
        let stick = innermost(TABLE, Path::new("/media/my stick/bundle")).unwrap();
        assert_eq!(stick.point, Path::new("/media/my stick"));
        assert_eq!(stick.source, Path::new("/dev/sdc1"));
        assert_eq!(stick.kind, "vfat");
        let near = innermost(TABLE, Path::new("/media/my stick-2")).unwrap();
        assert_eq!(near.point, Path::new("/"));
        assert_eq!(innermost(TABLE, Path::new("/tmp/x")).unwrap().kind, "tmpfs");
    }

    #[test]
    fn a_folder_beside_the_record_is_of_this_machine() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Mount::of(dir.path(), dir.path()), None);
        let device = Mount {
            point: dir.path().to_owned(),
            source: PathBuf::from("/dev/null"),
            kind: "vfat".to_owned(),
            id: Some(7),
        };
        assert!(
            matches!(device.release(), Release::ByHand { .. }),
            "not removable"
        );
        assert_eq!(device.compared(None), Mounted::Folder);
        assert_eq!(device.compared(Some(&device)), Mounted::AsBefore);
        let other = Mount {
            id: Some(8),
            ..device.clone()
        };
        assert_eq!(device.compared(Some(&other)), Mounted::Anew);
        let old = Mount {
            id: None,
            ..device.clone()
        };
        assert_eq!(device.compared(Some(&old)), Mounted::NotTold);
    }

    #[test]
    fn a_direct_read_gives_every_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, CHUNK, CHUNK + 17] {
            let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(Real.read_direct(&path).unwrap().0, bytes, "{len}");
        }
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(Real.read_direct(&link).is_err());
        Real.flush(dir.path()).unwrap();
    }
}
