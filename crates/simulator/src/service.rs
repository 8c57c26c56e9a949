//! The five services, a port each.

use crate::http::{Body, Head, Response};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::world::World;
use crate::{ecs, metadata, oss, ram, rpc, sts};
use std::fmt;

/// A service of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Objects.
    Oss,
    /// Images and tasks.
    Ecs,
    /// Roles.
    Ram,
    /// Who calls, and temporary credentials.
    Sts,
    /// What an instance is told of itself.
    Metadata,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Oss, Self::Ecs, Self::Ram, Self::Sts, Self::Metadata];

    /// Its name, as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Oss => "OSS",
            Self::Ecs => "ECS",
            Self::Ram => "RAM",
            Self::Sts => "STS",
            Self::Metadata => "metadata",
        }
    }

    /// What is asked, told from the head alone: faults strike before the body is read.
    pub(crate) fn operation(self, head: &Head) -> Operation {
        match self {
            Self::Oss => oss::operation(head),
            Self::Ecs | Self::Ram | Self::Sts => rpc::operation(head),
            Self::Metadata => metadata::operation(head),
        }
    }

    /// Does what is asked.
    pub(crate) fn answer(self, world: &World, operation: Operation, head: &Head, body: &mut Body<'_>) -> Response {
        let answer = match self {
            Self::Oss => oss::answer(world, operation, head, body),
            Self::Ecs => rpc::answer(world, operation, head, body, ecs::answer),
            Self::Ram => rpc::answer(world, operation, head, body, ram::answer),
            Self::Sts => rpc::answer(world, operation, head, body, sts::answer),
            Self::Metadata => metadata::answer(world, operation, head),
        };
        answer.unwrap_or_else(|refusal| self.refuse(world, head, &refusal))
    }

    /// A refusal in the words of the service.
    pub(crate) fn refuse(self, world: &World, head: &Head, refusal: &Refusal) -> Response {
        match self {
            Self::Oss => oss::refuse(world, head, refusal),
            Self::Ecs | Self::Ram | Self::Sts => rpc::refuse(world, head, refusal),
            Self::Metadata => Response::text(refusal.status, &refusal.message),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
