"""Clients of the RPC services."""

from common import BUCKET, KEY, REGION, SECRET, address, need


def rpc_client(module, service, key=KEY, secret=SECRET, session=None, **more):
    client_module, models, config = need(f"{module}.client", f"{module}.models", "alibabacloud_tea_openapi.models")
    settings = config.Config(
        access_key_id=key, access_key_secret=secret, security_token=session,
        endpoint=address(service), protocol="HTTP", region_id=REGION, **more,
    )
    return client_module.Client(settings), models


def import_request(ecs, **more):
    mapping = ecs.ImportImageRequestDiskDeviceMapping(
        ossbucket=BUCKET, ossobject="disk.qcow2", disk_image_size=40, format="QCOW2"
    )
    named = dict(region_id=REGION, image_name="image-1", platform="Debian", boot_mode="UEFI", architecture="x86_64",
                 disk_device_mapping=[mapping], client_token="token-1", detection_strategy="Standard",
                 features=ecs.ImportImageRequestFeatures(nvme_support="supported"),
                 tag=[ecs.ImportImageRequestTag(key="made-by", value="a b~*+\u00e9/")])
    return ecs.ImportImageRequest(**{**named, **more})
