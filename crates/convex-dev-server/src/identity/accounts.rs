//! The accounts of the demo.

/// The account of a user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The subject (`sub`) of the user's tokens.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    password: &'static str,
}

/// Every account. The passwords are public: `--help` prints them.
const ACCOUNTS: [Account; 2] = [
    Account { id: "user_alice", name: "Alice", email: "alice@example.com", password: "alice-demo" },
    Account { id: "user_bob", name: "Bob", email: "bob@example.com", password: "bob-demo" },
];

impl Account {
    /// The account with this address and password.
    pub(crate) fn authenticate(email: &str, password: &str) -> Option<&'static Self> {
        ACCOUNTS
            .iter()
            .find(|account| account.email.eq_ignore_ascii_case(email) && account.password == password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_address_and_password() {
        assert_eq!(Account::authenticate("Alice@example.com", "alice-demo").unwrap().id, "user_alice");
        assert_eq!(Account::authenticate("alice@example.com", "bob-demo"), None);
        assert_eq!(Account::authenticate("carol@example.com", "alice-demo"), None);
    }
}
