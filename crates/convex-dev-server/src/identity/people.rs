//! The people who can sign in.

/// Somebody with an account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The subject (`sub`) of their tokens.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    password: &'static str,
}

/// Everybody there is. The passwords are no secret: `--help` prints them.
const PEOPLE: [Person; 2] = [
    Person { id: "user_alice", name: "Alice", email: "alice@example.com", password: "alice-demo" },
    Person { id: "user_bob", name: "Bob", email: "bob@example.com", password: "bob-demo" },
];

impl Person {
    /// The person with this address and password.
    pub(crate) fn authenticate(email: &str, password: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.email.eq_ignore_ascii_case(email) && person.password == password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_known_by_address_and_password() {
        assert_eq!(Person::authenticate("Alice@example.com", "alice-demo").unwrap().id, "user_alice");
        assert_eq!(Person::authenticate("alice@example.com", "bob-demo"), None);
        assert_eq!(Person::authenticate("carol@example.com", "alice-demo"), None);
    }
}
