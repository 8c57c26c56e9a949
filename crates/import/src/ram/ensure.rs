//! Making the role of imports: CreateRole, AttachPolicyToRole, and with consent UpdateRole.

use super::role::is_missing;
use super::trust::{Trust, document};
use super::{Ram, policy_of};
use crate::error::{Error, Kind, Result};
use std::time::Duration;

/// What the role is for, as people see it in the console.
const DESCRIPTION: &str = "ECS reads disk images from OSS in this role, to import them.";
/// A role that was just made may not be known everywhere at once.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// What may be done to a role that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A policy may be attached; who may take the role stays.
    Attach,
    /// A statement that lets ECS take the role may be added to those that are there.
    UpdateTrust,
}

/// What was done to a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ensured {
    /// It was made.
    pub created: bool,
    /// The policy was attached.
    pub attached: bool,
    /// ECS was let in.
    pub trusted: bool,
}

impl Ensured {
    /// Whether anything was done: RAM needs a moment, often less than a minute, to make it known to ECS.
    pub fn is_new(self) -> bool {
        self != Ensured::default()
    }
}

impl Ram {
    /// Makes the role, or what it lacks, so that imports can use it. Safe to run again, and at once with others.
    pub fn ensure_role(&self, name: &str, consent: Consent) -> Result<Ensured> {
        let mut done = Ensured::default();
        let trust = match self.trust(name)? {
            Some(trust) => trust,
            None if self.create(name)? => {
                done.created = true;
                Trust::of(&document())
            }
            // Somebody else was faster, or the answer to the first attempt was lost.
            None => self.trust(name)?.ok_or_else(|| unsteady(name))?,
        };
        if !trust.is_enough() {
            self.let_in(name, &trust, consent)?;
            done.trusted = true;
        }
        done.attached = self.attach(name, done.created)?;
        Ok(done)
    }

    /// CreateRole. False: it is there.
    fn create(&self, name: &str) -> Result<bool> {
        let document = document();
        let parameters =
            [("RoleName", name), ("AssumeRolePolicyDocument", document.as_str()), ("Description", DESCRIPTION)];
        match self.call("CreateRole", &parameters) {
            Err(error) if error.code() == "EntityAlreadyExists.Role" => Ok(false),
            made => made.map(|_| true),
        }
    }

    /// UpdateRole: ECS may take the role too.
    fn let_in(&self, name: &str, trust: &Trust, consent: Consent) -> Result<()> {
        let what = format!("the role {name} is not for ECS to take: {}", trust.differences().join("; "));
        let by_hand = "change its trust policy in the RAM console, or name another role";
        if !trust.can_be_added_to() {
            return Err(Error::new(Kind::Failed, what).remedy(by_hand));
        }
        if consent != Consent::UpdateTrust {
            let remedy = format!("allow the role to be changed, or {by_hand}");
            return Err(Error::new(Kind::Failed, what).remedy(remedy));
        }
        let document = trust.with_ours();
        let parameters = [("RoleName", name), ("NewAssumeRolePolicyDocument", document.as_str())];
        self.call("UpdateRole", &parameters).map(|_| ())
    }

    /// Attaches the policy of imports where it is not. Whether it had to be.
    fn attach(&self, name: &str, just_made: bool) -> Result<bool> {
        let policy = policy_of(name);
        if !just_made && self.role(name)?.ok_or_else(|| unsteady(name))?.has_policy(policy) {
            return Ok(false);
        }
        let parameters = [("PolicyType", "System"), ("PolicyName", policy), ("RoleName", name)];
        let mut looks = 0;
        loop {
            looks += 1;
            match self.call("AttachPolicyToRole", &parameters) {
                // Somebody else did, or the answer to an earlier attempt was lost: a moment ago it was not.
                Err(error) if error.code() == "EntityAlreadyExists.Role.Policy" => return Ok(true),
                Err(error) if is_missing(&error) && just_made && looks < LOOKS => {
                    self.session.stop().sleep(PAUSE)?;
                }
                attached => return attached.map(|_| true),
            }
        }
    }
}

fn unsteady(name: &str) -> Error {
    Error::new(Kind::Failed, format!("the role {name} is there at one moment and not at the next"))
        .remedy("somebody may be removing it; run the same command again")
}
