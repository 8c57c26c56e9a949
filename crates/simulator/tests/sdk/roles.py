"""Scenarios of RAM, STS and the metadata service."""

from common import address, expect, need
from oss_first import oss2_bucket
from rpc import import_request, rpc_client


def ram_and_sts():
    client, ram = rpc_client("alibabacloud_ram20150501", "RAM")
    name, policy = "AliyunECSImageImportDefaultRole", "AliyunECSImageImportRolePolicy"
    trust = ('{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",'
             '"Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}')
    ecs_client, ecs = rpc_client("alibabacloud_ecs20140526", "ECS")
    dry = import_request(ecs, dry_run=True)
    expect("NoSetRoletoECSServiceAcount", ecs_client.import_image, dry)
    expect("EntityNotExist.Role", client.get_role, ram.GetRoleRequest(role_name=name))
    create = ram.CreateRoleRequest(role_name=name, assume_role_policy_document=trust, description="a b")
    made = client.create_role(create).body.role
    assert (made.role_name, made.assume_role_policy_document) == (name, trust)
    expect("EntityAlreadyExists.Role", client.create_role, create)
    expect("InvalidOSS.NotAuthorized", ecs_client.import_image, dry)
    assert client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=name)).body.policies.policy == []
    attach = ram.AttachPolicyToRoleRequest(policy_type="System", policy_name=policy, role_name=name)
    client.attach_policy_to_role(attach)
    expect("EntityAlreadyExists.Role.Policy", client.attach_policy_to_role, attach)
    listed = client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=name)).body.policies.policy
    assert [item.policy_name for item in listed] == [policy]
    expect("DryRunOperation", ecs_client.import_image, dry)

    client, sts = rpc_client("alibabacloud_sts20150401", "STS")
    caller = client.get_caller_identity().body
    assert caller.account_id == "1234567890123456" and caller.identity_type == "Account"
    arn = f"acs:ram::{caller.account_id}:role/{name}"
    assume = sts.AssumeRoleRequest(role_arn=arn, role_session_name="session", duration_seconds=900)
    given = client.assume_role(assume).body.credentials
    taken, _ = rpc_client("alibabacloud_sts20150401", "STS", given.access_key_id, given.access_key_secret,
                          given.security_token)
    assert taken.get_caller_identity().body.arn.endswith(f"assumed-role/{name}/session")
    expect("EntityNotExist.Role", client.assume_role,
           sts.AssumeRoleRequest(role_arn=arn + "x", role_session_name="session"))
    oidc = sts.AssumeRoleWithOIDCRequest(role_arn=arn, role_session_name="oidc", oidctoken="jwt",
                                         oidcprovider_arn=f"acs:ram::{caller.account_id}:oidc-provider/p")
    assert client.assume_role_with_oidc(oidc).body.credentials.security_token


def metadata():
    """The credentials library asks the metadata service, in hardened mode."""
    (providers,) = need("alibabacloud_credentials.provider.ecs_ram_role")
    provider = providers.EcsRamRoleCredentialsProvider()
    host = address("METADATA")
    for name in dir(provider):
        if isinstance(getattr(provider, name), str) and "100.100.100.200" in getattr(provider, name):
            setattr(provider, name, getattr(provider, name).replace("100.100.100.200", host))
    given = provider.get_credentials()
    key, secret, token = given.get_access_key_id(), given.get_access_key_secret(), given.get_security_token()
    assert key.startswith("STS.") and token
    _, bucket = oss2_bucket("v4", key, secret, token)
    bucket.put_object("k", b"x")
