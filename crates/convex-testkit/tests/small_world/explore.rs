//! The exhaustive search, breadth first.
//!
//! Each level holds the states that are first reached after `depth` events. For each state the
//! search lets the world heal, and applies every possible event. The results with a new fingerprint
//! are the next level; known ones are skipped, so the search ends at the latest with the depth. A
//! world cannot be copied, so a state is stored as its last event and its parent, and is replayed
//! from the scene for each event: the cost is states × events × depth.

use super::{
    choice::{Budget, Choice},
    fingerprint::{Fingerprint, fingerprint},
    heal::heal,
    scene::Scene,
    world::{Violation, World},
};
use convex_sync::AuthPolicy;
use std::{collections::HashMap, thread};

/// Each 50th pair of paths to one state is audited: both must continue in the same way.
const AUDIT_INTERVAL: usize = 50;

/// The parameters of a search.
#[derive(Debug, Clone, Copy)]
pub struct Exploration {
    pub scene: Scene,
    pub policy: AuthPolicy,
    pub budget: Budget,
    pub depth: usize,
}

/// The size of a finished search.
#[derive(Debug, Default)]
pub struct Statistics {
    pub states: usize,
    pub steps: usize,
    pub audits: usize,
}

/// A state: the event that led to it from its parent.
#[derive(Debug, Clone, Copy)]
struct SearchNode {
    parent: usize,
    choice: Choice,
}

struct Successor {
    parent: usize,
    choice: Choice,
    fingerprint: Fingerprint,
}

/// A violated rule, and the events that led to it.
#[derive(Debug)]
pub struct Failure {
    path: Vec<Choice>,
    healing: bool,
    violation: Violation,
}

const ROOT: usize = usize::MAX;

impl Exploration {
    /// Visits every state that can be reached with `depth` events, and checks the safety rules and
    /// that the world heals from it.
    ///
    /// # Panics
    ///
    /// If a rule breaks, with the events that led to it.
    pub fn run(self) -> Statistics {
        self.explore().unwrap_or_else(|failure| panic!("{}", self.report(&failure)))
    }

    fn explore(self) -> Result<Statistics, Failure> {
        let mut nodes: Vec<SearchNode> = Vec::new();
        let mut known = HashMap::new();
        let root = fingerprint(&self.replay(&[])).expect("no rule breaks at the start");
        known.insert(root, ROOT);
        let (mut level, mut statistics) = (vec![ROOT], Statistics::default());
        for depth in 0..=self.depth {
            let successors = self.expand(&nodes, &level, depth < self.depth)?;
            level.clear();
            statistics.steps += successors.len();
            for Successor { parent, choice, fingerprint } in successors {
                let Some(&twin) = known.get(&fingerprint) else {
                    known.insert(fingerprint, nodes.len());
                    level.push(nodes.len());
                    nodes.push(SearchNode { parent, choice });
                    continue;
                };
                statistics.audits += 1;
                if statistics.audits % AUDIT_INTERVAL == 0 {
                    let mut path = path_to(&nodes, parent);
                    path.push(choice);
                    self.audit(&path, &path_to(&nodes, twin));
                }
            }
        }
        statistics.states = known.len();
        statistics.audits /= AUDIT_INTERVAL;
        Ok(statistics)
    }

    /// Checks the states of one level on all processors, and returns their successors.
    fn expand(self, nodes: &[SearchNode], level: &[usize], further: bool) -> Result<Vec<Successor>, Failure> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = level.len().div_ceil(workers).max(1);
        thread::scope(|scope| {
            let expand =
                |share: &[usize]| share.iter().map(|node| self.expand_one(nodes, *node, further)).collect();
            let workers: Vec<_> =
                level.chunks(share).map(|share| scope.spawn(move || expand(share))).collect();
            let mut successors = Vec::new();
            for worker in workers {
                let shares: Result<Vec<Vec<Successor>>, Failure> =
                    worker.join().expect("a worker does not panic");
                successors.extend(shares?.into_iter().flatten());
            }
            Ok(successors)
        })
    }

    fn expand_one(self, nodes: &[SearchNode], node: usize, further: bool) -> Result<Vec<Successor>, Failure> {
        let path = path_to(nodes, node);
        let failure = |choice: Option<Choice>, healing, violation| {
            let path = path.iter().copied().chain(choice).collect();
            Failure { path, healing, violation }
        };
        let mut world = self.replay(&path);
        let choices = if further { Choice::all(&world) } else { Vec::new() };
        heal(&mut world).map_err(|violation| failure(None, true, violation))?;
        let follow = |choice| {
            let mut world = self.replay(&path);
            let next = world.apply(choice).and_then(|()| fingerprint(&world));
            let fingerprint = next.map_err(|violation| failure(Some(choice), false, violation))?;
            Ok(Successor { parent: node, choice, fingerprint })
        };
        choices.into_iter().map(follow).collect()
    }

    fn replay(self, path: &[Choice]) -> World {
        let mut world = World::new(self.policy, self.budget, self.scene.page());
        self.scene.set(&mut world).expect("no rule breaks before the scene begins");
        for choice in path {
            world.apply(*choice).expect("the event broke no rule the first time");
        }
        world
    }

    /// Two paths to one fingerprint must continue in the same way for every next event.
    fn audit(self, one: &[Choice], other: &[Choice]) {
        let choices = Choice::all(&self.replay(one));
        assert_eq!(choices, Choice::all(&self.replay(other)), "after {one:?} and {other:?}");
        for choice in choices {
            let next = |path| {
                let mut world = self.replay(path);
                world.apply(choice).and_then(|()| fingerprint(&world))
            };
            assert_eq!(next(one), next(other), "{choice:?} after {one:?} and {other:?}");
        }
    }

    fn report(self, Failure { path, healing, violation }: &Failure) -> String {
        let mut world = World::with_story(self.policy, self.budget, self.scene.page());
        let ended = self.scene.set(&mut world);
        world.note(|_| "— the search begins —".to_owned());
        let ended = ended.and_then(|()| path.iter().try_for_each(|choice| world.apply(*choice)));
        if *healing && ended.is_ok() {
            let _ = heal(&mut world);
        }
        format!(
            "{violation}\nwith a {:?} query, after these events:\n{}\n{path:?}",
            self.policy,
            world.story()
        )
    }
}

fn path_to(nodes: &[SearchNode], mut node: usize) -> Vec<Choice> {
    let mut path = Vec::new();
    while let Some(SearchNode { parent, choice }) = nodes.get(node) {
        path.push(*choice);
        node = *parent;
    }
    path.reverse();
    path
}
