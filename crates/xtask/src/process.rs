//! Child processes that never outlive us: each leads a process group of its own, and the groups end
//! with xtask.

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

/// Makes Ctrl-C, SIGTERM and SIGHUP end every child; the code that waits for one then sees it gone.
pub fn end_children_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for &group in groups().iter() {
            signal(group, Signal::SIGTERM);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether the person (or a supervisor) asked us to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A running child and everything it started. Dropping it ends them all.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = describe(command);
        let child = command.process_group(0).spawn().with_context(|| format!("cannot start `{name}`"))?;
        let process = Self { child, name };
        groups().push(process.group());
        // A Ctrl-C that came between the two lines above did not see this group.
        if interrupted() {
            bail!("interrupted");
        }
        Ok(process)
    }

    /// The child's piped output streams can be taken from here.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the child; what it left behind in its group is ended.
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
            eprintln!("`{}` did not stop in {} s and is killed", self.name, GRACE.as_secs());
        }
        // Grandchildren can outlive the leader; the group's id stays taken for as long as one of
        // them lives.
        signal(group, Signal::SIGKILL);
        self.child.wait().ok();
        groups().retain(|&other| other != group);
    }
}

/// Runs a command to its end with its output passed through; a failure is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = Process::spawn(command)?.wait()?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// The first line a command prints, if it can be run and succeeds.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// The command as one would type it, its program without the folder.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // The only expected error is ESRCH: the group is already gone, which is what we want.
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
        output.read_exact(&mut started).expect("the script says it started");

        drop(process);

        // Both the shell and its sleep hold the pipe: it ends only when both are gone.
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).expect("the pipe closes");
    }

    #[test]
    fn a_failed_command_is_named() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).expect_err("exit 3 is a failure");
        assert!(error.to_string().contains("sh -c exit 3"), "{error}");
    }
}
