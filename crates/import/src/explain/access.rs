//! Codes of RAM and STS, and of the gateway that ECS, RAM and STS share.

use super::Explanation;
use super::Origin::{Gateway, Ram, Sts};

const fn ram(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Ram, code, meaning, remedy)
}

const fn sts(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Sts, code, meaning, remedy)
}

const fn any(code: &'static str, meaning: &'static str, remedy: &'static str) -> Explanation {
    Explanation::new(Gateway, code, meaning, remedy)
}

pub(super) static CODES: &[Explanation] = &[
    ram("EntityNotExist.Role", "there is no such role", "make it, or check its name and whose account the key is of"),
    ram("EntityNotExist.Policy", "there is no such policy", "check its name, and whether it is one of the system"),
    ram("EntityNotExist", "what is named is not there", "check the name that the message holds").family(),
    ram(
        "EntityAlreadyExists.Role",
        "there is a role of this name",
        "use it: who may take it is told by the role check",
    ),
    ram("EntityAlreadyExists.Role.Policy", "the policy is attached to the role already", "nothing is to be done"),
    ram("EntityAlreadyExists", "there is something of this name already", "use it, or choose another name").family(),
    ram(
        "MalformedPolicyDocument",
        "the policy is not written as policies are",
        "make the role in the RAM console, for the service ECS",
    ),
    ram("LimitExceeded", "the account or the role has as many of these as it may", "remove some in the RAM console")
        .family(),
    ram("DeleteConflict", "it cannot be removed while something else needs it", "detach what is attached to it first")
        .family(),
    sts(
        "AuthenticationFail.NoPermission",
        "the role does not trust who wants to take it",
        "name the user or the provider in the trust policy of the role",
    ),
    sts(
        "AuthenticationFail.OIDCToken",
        "the OIDC token is wrong, or has ended",
        "see that the file holds a fresh token of the provider that the role trusts",
    )
    .family(),
    sts(
        "NoPermission",
        "the key may not do this: AssumeRole, or what is asked of RAM",
        "allow sts:AssumeRole on the role, or the action that the message names",
    )
    .family(),
    sts(
        "InvalidParameter.DurationSeconds",
        "the temporary key was asked for longer or shorter than the role allows",
        "ask for 900 seconds to what the role says, mostly 3600",
    ),
    sts(
        "InvalidParameter.RoleArn",
        "the role is not named as roles are",
        "write acs:ram::ACCOUNT:role/NAME, with the number of the account",
    )
    .family(),
    sts(
        "InvalidParameter.RoleSessionName",
        "the session has a name that it cannot have",
        "take 2 to 64 letters, digits and . @ - _",
    )
    .family(),
    any(
        "InvalidAccessKeyId.NotFound",
        "there is no such access key",
        "check the id of the key, and which profile it came from",
    ),
    any("InvalidAccessKeyId.Inactive", "the access key was disabled", "enable it in the RAM console, or use another"),
    any(
        "InvalidSecurityToken.Expired",
        "the temporary key has ended",
        "get new temporary credentials and run the same command again",
    ),
    any(
        "InvalidSecurityToken.MismatchWithAccessKey",
        "the token does not belong to this key",
        "take id, secret and token from the same answer",
    ),
    any(
        "InvalidSecurityToken.Malformed",
        "the token is none, or not whole",
        "take id, secret and token from the same answer",
    ),
    any("IncompleteSignature", "the request is not signed as a whole", "report it, or the proxy that changes it"),
    any(
        "SignatureNonceUsed",
        "the request came twice: something on the way sent it again",
        "it is made again with a new signature by itself",
    )
    .temporary(),
    any(
        "InvalidTimeStamp.Expired",
        "the clock of this machine is more than 15 minutes off",
        "set the clock; one request is made again by the clock of the service",
    ),
    any("Forbidden", "the key may not make this call", "allow it the action that the message names, in RAM").family(),
    any(
        "Forbidden.RAM",
        "the key may not make this call",
        "allow it the action in RAM: imports need ecs:ImportImage, ecs:DescribeTaskAttribute, ecs:DescribeImages and \
         ecs:CancelTask",
    ),
    any(
        "Account.Arrearage",
        "the account has bills that are not paid",
        "pay them; snapshots of imports and objects cost money",
    ),
    any("InvalidAccountStatus", "the account cannot do this as it is", "look at its state in the console").family(),
    any(
        "InvalidAccountStatus.OSSDisabled",
        "the account has not enabled OSS, or was shut out of it",
        "enable OSS in the console, and look at the bills",
    ),
    any("InvalidAction.NotFound", "there is no such call at this endpoint", "check the endpoint").family(),
    any("Throttling", "the account asks too often at this moment", "wait: it is tried again by itself")
        .family()
        .temporary(),
    any("ServiceUnavailable", "the service is not there at this moment", "wait: it is tried again by itself")
        .family()
        .temporary(),
    any(
        "InternalError",
        "something failed within the service",
        "wait; name the request id to support where it goes on",
    )
    .family()
    .temporary(),
    any("UnknownError", "something failed within the service", "wait; name the request id to support where it goes on")
        .family()
        .temporary(),
    any(
        "DryRunOperation",
        "the dry run is done, and all is well: this is how the service says so",
        "make the same request without DryRun",
    ),
    any(
        "DRYRUN.SUCCESS",
        "the dry run is done, and all is well: this is how the service says so",
        "make the same request without DryRun",
    ),
];
