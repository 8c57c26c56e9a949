//! The role of imports: judged, made, and left as it is where nobody said otherwise.

use crate::cloud::{Cloud, key};
use import::credentials::Keys;
use import::ram::{Consent, Ensured, IMPORT_ROLE, Ram, RoleState};
use import::{Kind, Stop};
use simulator::{Operation, Options, Role, Service};

const ECS: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",
    "Principal":{"Service":"ecs.aliyuncs.com"}}],"Version":"1"}"#;
const OTHERS: &str = r#"{"Version":"1","Statement":{"Effect":"Allow","Action":["sts:AssumeRole"],
    "Principal":{"Service":["oss.aliyuncs.com"]}}}"#;

/// A cloud whose role of imports has this trust policy and these policies.
fn cloud(role: Option<(&str, &[&str])>) -> Cloud {
    let cloud = Cloud::with(Options { import_role: false, ..Options::default() });
    if let Some((trust, policies)) = role {
        let policies = policies.iter().map(|name| (*name).to_owned()).collect();
        cloud.simulator.put_role(Role { trust: trust.into(), policies, ..Role::of_imports() });
    }
    cloud
}

fn ram(cloud: &Cloud) -> Ram {
    let session = cloud.session(Keys::fixed(key("testsecret")), &Stop::default());
    Ram::new(session, cloud.endpoint(Service::Ram))
}

const POLICY: &[&str] = &["AliyunECSImageImportRolePolicy"];

#[test]
fn a_role_is_judged_and_left_alone() {
    let state = |role| {
        let cloud = cloud(role);
        let state = ram(&cloud).check_role(IMPORT_ROLE).unwrap();
        assert!(cloud.count(Operation::GetRole) == 1 && cloud.count(Operation::CreateRole) == 0);
        state
    };
    assert_eq!(state(None), RoleState::Missing);
    assert_eq!(state(Some((ECS, POLICY))), RoleState::Good);
    assert_eq!(state(Some((ECS, &[]))), RoleState::PolicyNotAttached { others: Vec::new() });
    let others = vec!["AliyunOSSReadOnlyAccess".to_owned()];
    assert_eq!(state(Some((ECS, &["AliyunOSSReadOnlyAccess"]))), RoleState::PolicyNotAttached { others });
    let RoleState::TrustDiffers { enough: false, differences } = state(Some((OTHERS, POLICY))) else { panic!() };
    assert_eq!(differences.len(), 2, "{differences:?}");
    let both = ECS.replace("\"ecs.aliyuncs.com\"", r#"["oss.aliyuncs.com","ecs.aliyuncs.com"]"#);
    let RoleState::TrustDiffers { enough: true, differences } = state(Some((&both, POLICY))) else { panic!() };
    assert!(differences[0].contains("oss.aliyuncs.com"), "{differences:?}");
}

#[test]
fn who_may_not_ask_is_told_that_it_is_not_known() {
    for operation in [Operation::GetRole, Operation::ListPoliciesForRole] {
        let cloud = cloud(Some((ECS, POLICY)));
        cloud.simulator.deny(operation);
        let RoleState::Unknown(why) = ram(&cloud).check_role(IMPORT_ROLE).unwrap() else { panic!() };
        assert!(why.contains(operation.name()), "{why}");
    }
    // What is down is not forbidden.
    let cloud = cloud(Some((ECS, POLICY)));
    cloud.simulator.fault("GetRole:*=fail:ServiceUnavailable:503".parse().unwrap());
    assert!(ram(&cloud).check_role(IMPORT_ROLE).unwrap_err().is_temporary());
}

#[test]
fn a_role_is_made_once_whatever_goes_wrong() {
    for fault in [
        "",
        "GetRole:-2=fail:Throttling.User:400",
        "CreateRole:1=drop-response:0",
        "CreateRole:1=fail-after:InternalError",
        "CreateRole:1=fail:EntityAlreadyExists.Role:409",
        "AttachPolicyToRole:1=drop-response:0",
        "AttachPolicyToRole:1=fail:EntityNotExist.Role:404",
        "*:40%3=foreign:502:words",
    ] {
        let cloud = cloud(None);
        if !fault.is_empty() {
            cloud.simulator.fault(fault.parse().unwrap());
        }
        let ram = ram(&cloud);
        let first = ram.ensure_role(IMPORT_ROLE, Consent::Attach);
        if fault.contains("409") {
            // The role is said to be there and is not: no guess is made.
            assert_eq!(first.unwrap_err().kind(), Kind::Failed, "{fault}");
            ram.ensure_role(IMPORT_ROLE, Consent::Attach).unwrap();
        } else {
            assert!(first.as_ref().unwrap().is_new() && first.unwrap().attached, "{fault}");
        }
        cloud.simulator.clear_faults();
        assert_eq!(ram.check_role(IMPORT_ROLE).unwrap(), RoleState::Good, "{fault}");
        assert!(!ram.ensure_role(IMPORT_ROLE, Consent::Attach).unwrap().is_new(), "{fault}");
        assert_eq!(cloud.simulator.role(IMPORT_ROLE).unwrap().policies, POLICY, "{fault}");
    }
}

#[test]
fn what_a_role_lacks_is_added_and_nothing_taken() {
    let cloud = cloud(Some((OTHERS, &["AliyunOSSReadOnlyAccess"])));
    let ram = ram(&cloud);
    let refused = ram.ensure_role(IMPORT_ROLE, Consent::Attach).unwrap_err();
    assert!(refused.to_string().contains("oss.aliyuncs.com"), "{refused}");
    assert_eq!(cloud.simulator.role(IMPORT_ROLE).unwrap().trust, OTHERS);
    assert_eq!(cloud.count(Operation::UpdateRole) + cloud.count(Operation::AttachPolicyToRole), 0);
    let done = ram.ensure_role(IMPORT_ROLE, Consent::UpdateTrust).unwrap();
    assert_eq!(done, Ensured { created: false, attached: true, trusted: true });
    let role = cloud.simulator.role(IMPORT_ROLE).unwrap();
    assert!(role.trust.contains("oss.aliyuncs.com") && role.policies.len() == 2, "{role:?}");
    assert!(matches!(ram.check_role(IMPORT_ROLE).unwrap(), RoleState::TrustDiffers { enough: true, .. }));
    assert!(!ram.ensure_role(IMPORT_ROLE, Consent::UpdateTrust).unwrap().is_new());
}

#[test]
fn what_nobody_can_mend_is_said() {
    let cloud = cloud(Some((&ECS.replace("Allow", "Deny"), POLICY)));
    let error = ram(&cloud).ensure_role(IMPORT_ROLE, Consent::UpdateTrust).unwrap_err();
    assert!(error.to_string().contains("RAM console"), "{error}");
    let cloud = Cloud::with(Options { import_role: false, ..Options::default() });
    cloud.simulator.deny(Operation::CreateRole);
    let error = ram(&cloud).ensure_role(IMPORT_ROLE, Consent::Attach).unwrap_err();
    assert!(error.kind() == Kind::Refused && error.to_string().contains("CreateRole"), "{error}");
}
