//! `completions SHELL` and `man --out DIR`: made from the command line's own
//! definition, so that neither can name a flag that the program does not have.
//! Both describe the build that prints them: the auditor's has fewer verbs.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, check, new_file, out};
use crate::fault::Code;

/// The completion script of a shell, to standard output.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tuf-ceremony", &mut bytes);
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if shell == Shell::Bash {
        // clap_complete 4.6 spells a program's name with a hyphen in two ways, and finds no verb.
        text = text.replace("tuf__subcmd__ceremony", "tuf__ceremony");
    }
    out::say_raw(text.trim_end());
    Exit::Good
}

/// A page for the program and one for each verb, `tuf-ceremony-VERB.1`.
pub(super) fn man(folder: &Path) -> Exit {
    match write(folder) {
        Ok(pages) => {
            out::say(&format!("written: {pages} pages into {}", check::name(folder)));
            Exit::Good
        }
        Err(exit) => exit,
    }
}

fn write(folder: &Path) -> Result<usize, Exit> {
    let failed = |e: &std::io::Error| {
        out::card(Code::StorageFailed, &format!("{}: {e}", check::name(folder)));
        Exit::of(Code::StorageFailed)
    };
    let pages = pages().map_err(|e| failed(&e))?;
    std::fs::create_dir_all(folder).map_err(|e| failed(&e))?;
    for (name, _) in &pages {
        new_file::absent(&folder.join(name))?;
    }
    for (name, bytes) in &pages {
        new_file::write(&folder.join(name), bytes)?;
    }
    Ok(pages.len())
}

/// Names and texts of all pages.
fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command();
    // Gives each verb its full name, for its page and its synopsis.
    root.build();
    let mut pages = Vec::new();
    collect(&root, "tuf-ceremony", &mut pages)?;
    Ok(pages)
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
    pages.push((format!("{name}.1"), bytes));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        collect(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undescribed(command: &Command, name: &str, found: &mut Vec<String>) {
        if command.get_about().is_none() {
            found.push(name.to_owned());
        }
        for arg in command.get_arguments().filter(|arg| arg.get_help().is_none()) {
            found.push(format!("{name} {}", arg.get_id()));
        }
        for verb in command.get_subcommands() {
            undescribed(verb, &format!("{name} {}", verb.get_name()), found);
        }
    }

    #[test]
    fn every_verb_and_every_flag_says_what_it_is() {
        let mut found = Vec::new();
        let mut root = Cli::command();
        root.build();
        undescribed(&root, "tuf-ceremony", &mut found);
        assert!(found.is_empty(), "without a help text: {found:?}");
        Cli::command().debug_assert();
    }
}
