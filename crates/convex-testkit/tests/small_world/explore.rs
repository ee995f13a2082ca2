//! Every way the world can go, breadth first: states that were seen before are not looked at again.

use super::{
    choice::{Budget, Choice},
    fingerprint::{Fingerprint, fingerprint},
    heal::heal,
    scene::Scene,
    world::{Violation, World},
};
use convex_sync::AuthPolicy;
use std::{collections::HashMap, thread};

/// Every so many times a state is seen again, it is checked that the two go on in the same way.
const AUDITED: usize = 50;

/// What is explored.
#[derive(Debug, Clone, Copy)]
pub struct Exploration {
    pub scene: Scene,
    pub policy: AuthPolicy,
    pub budget: Budget,
    pub depth: usize,
}

/// How much was seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub states: usize,
    pub steps: usize,
    pub audits: usize,
}

/// A state and the way to it.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: usize,
    choice: Choice,
}

struct Found {
    parent: usize,
    choice: Choice,
    fingerprint: Fingerprint,
}

/// A rule that broke, and the way to it.
#[derive(Debug)]
pub struct Broken {
    path: Vec<Choice>,
    healing: bool,
    violation: Violation,
}

const ROOT: usize = usize::MAX;

impl Exploration {
    /// Looks at every state that can be reached in `depth` choices: safety at each of them, and
    /// whether the world heals from it.
    ///
    /// # Panics
    ///
    /// With the story, where a rule breaks.
    pub fn run(self) -> Seen {
        self.explore().unwrap_or_else(|broken| panic!("{}", self.tell(&broken)))
    }

    fn explore(self) -> Result<Seen, Broken> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut known = HashMap::new();
        let root = fingerprint(&self.replay(&[])).expect("nothing went wrong yet");
        known.insert(root, ROOT);
        let (mut level, mut seen) = (vec![ROOT], Seen::default());
        for depth in 0..=self.depth {
            let found = self.expand(&nodes, &level, depth < self.depth)?;
            level.clear();
            seen.steps += found.len();
            for Found { parent, choice, fingerprint } in found {
                let Some(&twin) = known.get(&fingerprint) else {
                    known.insert(fingerprint, nodes.len());
                    level.push(nodes.len());
                    nodes.push(Node { parent, choice });
                    continue;
                };
                seen.audits += 1;
                if seen.audits % AUDITED == 0 {
                    let mut path = way(&nodes, parent);
                    path.push(choice);
                    self.audit(&path, &way(&nodes, twin));
                }
            }
        }
        seen.states = known.len();
        seen.audits /= AUDITED;
        Ok(seen)
    }

    /// Looks at the states of one level, on all processors, and at what follows them.
    fn expand(self, nodes: &[Node], level: &[usize], further: bool) -> Result<Vec<Found>, Broken> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = level.len().div_ceil(workers).max(1);
        thread::scope(|scope| {
            let expand =
                |share: &[usize]| share.iter().map(|node| self.expand_one(nodes, *node, further)).collect();
            let workers: Vec<_> =
                level.chunks(share).map(|share| scope.spawn(move || expand(share))).collect();
            let mut found = Vec::new();
            for worker in workers {
                let shares: Result<Vec<Vec<Found>>, Broken> = worker.join().expect("a worker does not panic");
                found.extend(shares?.into_iter().flatten());
            }
            Ok(found)
        })
    }

    fn expand_one(self, nodes: &[Node], node: usize, further: bool) -> Result<Vec<Found>, Broken> {
        let path = way(nodes, node);
        let broken = |choice: Option<Choice>, healing, violation| {
            let path = path.iter().copied().chain(choice).collect();
            Broken { path, healing, violation }
        };
        let mut world = self.replay(&path);
        let choices = if further { Choice::all(&world) } else { Vec::new() };
        heal(&mut world).map_err(|violation| broken(None, true, violation))?;
        let follow = |choice| {
            let mut world = self.replay(&path);
            let next = world.apply(choice).and_then(|()| fingerprint(&world));
            let fingerprint = next.map_err(|violation| broken(Some(choice), false, violation))?;
            Ok(Found { parent: node, choice, fingerprint })
        };
        choices.into_iter().map(follow).collect()
    }

    fn replay(self, path: &[Choice]) -> World {
        let mut world = World::new(self.policy, self.budget);
        self.scene.set(&mut world).expect("nothing goes wrong on the way to a scene");
        for choice in path {
            world.apply(*choice).expect("it broke no rule the first time");
        }
        world
    }

    /// Two ways to what counts as one state must go on in the same way, whatever happens next.
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

    fn tell(self, Broken { path, healing, violation }: &Broken) -> String {
        let mut world = World::telling(self.policy, self.budget);
        let ended = self.scene.set(&mut world);
        world.note(|_| "— from here on anything can happen —".to_owned());
        let ended = ended.and_then(|()| path.iter().try_for_each(|choice| world.apply(*choice)));
        if *healing && ended.is_ok() {
            let _ = heal(&mut world);
        }
        format!("{violation}\nafter this, with a {:?} query:\n{}\n{path:?}", self.policy, world.story())
    }
}

fn way(nodes: &[Node], mut node: usize) -> Vec<Choice> {
    let mut path = Vec::new();
    while let Some(Node { parent, choice }) = nodes.get(node) {
        path.push(*choice);
        node = *parent;
    }
    path.reverse();
    path
}
