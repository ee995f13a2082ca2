//! Child processes that never outlive xtask.
//!
//! Each child leads a process group of its own. The groups are listed in `GROUPS` from spawn to
//! drop; Ctrl-C and dropping a [`Process`] end the whole group, so grandchildren end as well.

use std::{
    iter,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// How long a group may take to end after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(50);

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C, SIGTERM and SIGHUP end all children. Code that waits for a child then returns.
pub fn end_children_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for &group in groups().iter() {
            signal(group, Signal::SIGTERM);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether xtask received Ctrl-C, SIGTERM or SIGHUP.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A running child with its process group. Dropping it ends the group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a command in a process group of its own.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = describe(command);
        let child = command.process_group(0).spawn().with_context(|| {
            format!("cannot start `{name}`; if the program is missing, `cargo xtask setup` installs it")
        })?;
        let process = Self { child, name };
        groups().push(process.group());
        // If Ctrl-C was pressed between the spawn and the push, the handler did not see this group.
        if interrupted() {
            bail!("interrupted");
        }
        Ok(process)
    }

    /// The child, for example to take its piped output.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the child to end, then ends the rest of its group.
    pub fn wait(mut self) -> Result<ExitStatus> {
        let status = self.child.wait().with_context(|| format!("cannot wait for `{}`", self.name))?;
        if interrupted() {
            bail!("interrupted");
        }
        Ok(status)
    }

    /// The exit status, if the child has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("cannot wait for `{}`", self.name))
    }

    fn group(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("process ids are positive i32s"))
    }

    fn ended_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(POLL);
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = self.group();
        signal(group, Signal::SIGTERM);
        if !self.ended_within(GRACE) {
            eprintln!("`{}` did not end within {} s of SIGTERM; killing it", self.name, GRACE.as_secs());
        }
        // Grandchildren can outlive the leader. The group's id is not reused while one of them
        // runs.
        signal(group, Signal::SIGKILL);
        self.child.wait().ok();
        groups().retain(|&other| other != group);
    }
}

/// Runs a command to its end without capturing its output.
///
/// # Errors
///
/// The command fails; the error names it.
pub fn run(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = Process::spawn(command)?.wait()?;
    if !status.success() {
        bail!("`{name}` failed ({status}); its output above says why");
    }
    Ok(())
}

/// The first line that a command prints, if it succeeds.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// The command as typed in a shell, without the program's folder.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // The only expected error is ESRCH: the group has already ended.
    killpg(group, signal).ok();
}

#[cfg(test)]
mod tests {
    use std::{io::Read, process::Stdio};

    use super::*;

    #[test]
    fn dropping_a_process_ends_its_grandchildren() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo started; wait"]).stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command).expect("sh starts");
        let mut output = process.child().stdout.take().expect("stdout is piped");
        let mut started = [0; 8];
        output.read_exact(&mut started).expect("the script prints `started`");

        drop(process);

        // The shell and its `sleep` both have the pipe open: it closes when both have ended.
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).expect("the pipe closes");
    }

    #[test]
    fn error_names_the_failed_command() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).expect_err("exit 3 is a failure");
        assert!(error.to_string().contains("sh -c exit 3"), "{error}");
    }
}
