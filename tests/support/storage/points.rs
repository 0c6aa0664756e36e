//! Which points of a run are interfered with: all calls, some of them, in which
//! order, how many at a time, and the floor that they have to reach.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Point;

/// `STORAGE_KILLS_EVERY=N` takes each Nth point only, where the whole takes too long.
pub fn every() -> usize {
    let every = std::env::var("STORAGE_KILLS_EVERY").ok();
    every.and_then(|s| s.parse().ok()).unwrap_or(1)
}

pub fn thinned<T>(points: Vec<T>) -> Vec<T> {
    points.into_iter().step_by(every()).collect()
}

/// The committed figure; a thinned run has none.
pub fn floor(survived: usize, least: usize) {
    assert!(survived >= least || every() > 1, "{survived} of at least {least}");
}

/// Does the work on every core; the number of points that were reached. A point
/// that fails does not keep the others from being tried.
pub fn each<T: Sync>(points: &[T], work: impl Fn(&T) -> Option<()> + Sync) -> usize {
    let (next, reached) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let jobs = std::env::var("STORAGE_KILLS_JOBS")
        .ok()
        .and_then(|s| s.parse().ok());
    let cores: usize = jobs.unwrap_or(cores);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let so_far = next.load(Ordering::Relaxed);
                    if so_far % 50 == 0 {
                        println!("{so_far} of {} points begun", points.len());
                    }
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(point)));
                    match done {
                        Ok(Some(())) => drop(reached.fetch_add(1, Ordering::Relaxed)),
                        Ok(None) => {}
                        Err(why) => {
                            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                            failures.lock().unwrap().push(why);
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {} points:\n{}",
        failures.len(),
        points.len(),
        failures.join("\n\n")
    );
    reached.into_inner()
}

pub fn kills(at: impl Iterator<Item = usize>, how: &'static str) -> Vec<Point> {
    at.map(|at| Point { at, how, place: "." }).collect()
}

pub fn called(line: &str) -> &str {
    line.split(' ').nth(1).unwrap()
}

/// The folder of the room in which a call works.
pub fn place(line: &str) -> &'static str {
    let path = line.split(' ').nth(2).unwrap();
    ["record.devices", "media", "record"]
        .into_iter()
        .find(|p| path.contains(&format!("/{p}")))
        .unwrap_or(".")
}

/// Every write and sync, and what makes names, failing in three ways.
pub fn faults(calls: &[String]) -> Vec<Point> {
    let mut points = Vec::new();
    for (i, line) in calls.iter().enumerate() {
        let at = i + 1;
        let writes = matches!(called(line), "write" | "fsync" | "fdatasync" | "fallocate");
        let names = matches!(
            called(line),
            "openat" | "renameat" | "renameat2" | "mkdir" | "mkdirat"
        );
        if writes || names {
            points.push(Point {
                at,
                how: "EIO",
                place: ".",
            });
        }
        if writes {
            points.push(Point {
                at,
                how: "ENOSPC",
                place: ".",
            });
            points.push(Point {
                at,
                how: "EROFS+",
                place: place(line),
            });
        }
    }
    points
}

pub fn pulls(calls: &[String]) -> Vec<(Point, bool)> {
    let on_media = calls.iter().enumerate().filter(|(_, l)| place(l) == "media");
    on_media
        .flat_map(|(i, _)| {
            let point = Point {
                at: i + 1,
                how: "yank",
                place: "media",
            };
            [(point, false), (point, true)]
        })
        .collect()
}

/// A linear congruential generator (Knuth's MMIX constants): the seed is printed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

pub fn seed() -> u64 {
    let given = std::env::var("STORAGE_KILLS_SEED")
        .ok()
        .and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        u64::from(now.unwrap().subsec_nanos())
    });
    println!("seed {seed} (STORAGE_KILLS_SEED={seed} repeats it)");
    seed
}
