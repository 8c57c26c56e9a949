//! Who may ask: signatures of OSS and what is said when they do not hold.

use super::Call;
use crate::encoding::hex;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::signature::{Claim, Problem, Scheme, oss_v1, oss_v4};
use crate::time;

/// Refuses what is not signed, not signed now, or not allowed.
pub(super) fn authorize(call: &Call<'_>, operation: Operation) -> Result<(), Refusal> {
    let resource = match (call.bucket.as_str(), call.key.as_str()) {
        ("", _) => "/".to_owned(),
        (bucket, key) => format!("/{bucket}/{key}"),
    };
    let claim =
        oss_v4::claim(call.head, &resource).or_else(|| oss_v1::claim(call.head, &resource)).ok_or_else(|| {
            if call.head.header("authorization").is_some() {
                Refusal::new(400, "InvalidArgument", "The Authorization header cannot be read.")
            } else {
                Refusal::new(403, "AccessDenied", "Anonymous access is forbidden for this operation.")
            }
        })?;
    let now = call.world.clock.now();
    call.world.account.verify(&claim, now).map_err(|problem| explain(problem, &claim, now))?;
    check_scope(call, operation, &claim)?;
    if call.world.is_denied(operation) {
        return Err(Refusal::new(
            403,
            "AccessDenied",
            "You have no right to access this object because of bucket acl.",
        ));
    }
    Ok(())
}

/// The scope of a V4 signature names the product and the region of the bucket.
fn check_scope(call: &Call<'_>, operation: Operation, claim: &Claim) -> Result<(), Refusal> {
    let Scheme::OssV4 { region, product, .. } = &claim.scheme else { return Ok(()) };
    let wrong =
        |what: &str| Refusal::new(400, "InvalidArgument", format!("Invalid signing {what} in Authorization header."));
    if product != "oss" {
        return Err(wrong("product"));
    }
    let home = call.world.store.bucket(&call.bucket).and_then(|bucket| bucket.region);
    let home = home.unwrap_or_else(|| call.world.options.region.clone());
    if *region != home && operation != Operation::PutBucket {
        return Err(wrong("region"));
    }
    Ok(())
}

fn explain(problem: Problem, claim: &Claim, now: i64) -> Refusal {
    let id = claim.access_key_id.as_str();
    match problem {
        Problem::UnknownKey => {
            Refusal::new(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.")
                .with("OSSAccessKeyId", id)
        }
        Problem::WrongToken => Refusal::new(403, "InvalidSecurityToken", "The security token you provided is invalid."),
        Problem::TokenExpired => {
            Refusal::new(403, "SecurityTokenExpired", "The security token you provided has expired.")
        }
        Problem::LinkExpired => Refusal::new(403, "AccessDenied", "Request has expired.")
            .with("Expires", time::iso_millis(claim.expires.unwrap_or_default()))
            .with("ServerTime", time::iso_millis(now)),
        Problem::Skewed => Refusal::new(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
        .with("RequestTime", time::iso_millis(claim.signed_at.unwrap_or_default()))
        .with("ServerTime", time::iso_millis(now))
        .with("MaxAllowedSkewMilliseconds", "900000"),
        Problem::Mismatch => Refusal::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. \
             Check your key and signing method.",
        )
        .with("OSSAccessKeyId", id)
        .with("SignatureProvided", claim.signature.as_str())
        .with("StringToSign", claim.string_to_sign.as_str())
        .with("StringToSignBytes", hex(claim.string_to_sign.as_bytes())),
    }
}
