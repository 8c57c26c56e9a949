"""Signs requests of ours with the official SDKs, and makes the same calls with them.

Standard input: a list, for each key, of {"region", "id", "secret", "token", "addresses": {SERVICE: HOST:PORT},
"requests": [{"service", "operation", "method", "target", "headers": {…}}]}. Standard output: for each key a list of
what the SDKs say of each request, as JSON.
Exits 3 where a package is missing. The SDKs' calls go to the simulator like all others; what it answers is of no matter.
"""

import datetime
import importlib
import json
import re
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

# The same SDK adds this to whatever it asks of OSS, and we where keys come back.
OPTIONAL = "encoding-type=url"


def need(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(f"missing: {error.name}")
        sys.exit(3)


RPC = {"ECS": "alibabacloud_ecs20140526", "RAM": "alibabacloud_ram20150501"}


def nested(pairs):
    """`Tag.1.Key=k` becomes {"Tag": [{"Key": "k"}]}, the shape that the models of the SDK are filled from."""
    tree = {}
    for name, value in pairs:
        *path, last = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value

    def lists(node):
        if not isinstance(node, dict):
            return node
        if node and all(name.isdigit() for name in node):
            return [lists(node[name]) for name in sorted(node, key=int)]
        return {name: lists(value) for name, value in node.items()}

    return lists(tree)


def rpc(asked, request):
    """The SDK makes the call from our parameters, with our time and nonce, and signs what we sign."""
    openapi, settings = need("alibabacloud_tea_openapi.utils"), need("alibabacloud_tea_openapi.models")
    package = RPC[request["service"]]
    client_module, models = need(f"{package}.client"), need(f"{package}.models")
    headers, action = request["headers"], request["operation"]
    signed = re.search(r"SignedHeaders=([^,]*)", headers["authorization"])[1].split(";")
    said, original = {}, openapi.Utils.get_authorization

    def authorize(built, algorithm, payload, key, secret):
        kept, all_headers = {}, dict(built.headers)
        for name, value in all_headers.items():
            if name.lower() in signed:
                kept[name] = value
        said["extra"] = sorted(name.lower() for name in all_headers if name.lower() not in signed)
        said["query"] = openapi.get_canonical_query_string(built.query)
        built.headers = kept
        said["authorization"] = original(built, algorithm, payload, key, secret)
        built.headers = all_headers
        return original(built, algorithm, payload, key, secret)

    openapi.Utils.get_authorization = staticmethod(authorize)
    openapi.Utils.get_timestamp = staticmethod(lambda: headers["x-acs-date"])
    openapi.Utils.get_nonce = staticmethod(lambda: headers["x-acs-signature-nonce"])
    config = settings.Config(
        access_key_id=asked["id"], access_key_secret=asked["secret"], security_token=asked["token"],
        endpoint=asked["addresses"][request["service"]], protocol="HTTP", region_id=asked["region"])
    pairs = parse_qsl(urlsplit(request["target"]).query, keep_blank_values=True)
    model = getattr(models, action + "Request")().from_map(nested(pairs))
    # Lists that nobody named come out of from_map empty, where its constructor leaves them out.
    for attribute, value in vars(model).items():
        if value == []:
            setattr(model, attribute, None)
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
    try:
        getattr(client_module.Client(config), name)(model)
    except Exception:  # every refusal is fine here, and it comes after the signature
        if "authorization" not in said:
            raise
    finally:
        openapi.Utils.get_authorization = staticmethod(original)
    return said


def oss_call(client, operation, bucket, key, query):
    """The call of the SDK that is the same as ours."""
    oss = need("alibabacloud_oss_v2")
    where = dict(bucket=bucket, key=key, upload_id=query.get("uploadId"))
    part = oss.UploadPart(part_number=1, etag='"A"')
    calls = {
        "InitiateMultipartUpload": lambda: client.initiate_multipart_upload(
            oss.InitiateMultipartUploadRequest(bucket=bucket, key=key)),
        "UploadPart": lambda: client.upload_part(
            oss.UploadPartRequest(part_number=int(query["partNumber"]), body=b"x", **where)),
        "CompleteMultipartUpload": lambda: client.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=[part]), **where)),
        "AbortMultipartUpload": lambda: client.abort_multipart_upload(oss.AbortMultipartUploadRequest(**where)),
        "ListParts": lambda: client.list_parts(oss.ListPartsRequest(
            max_parts=int(query["max-parts"]), part_number_marker=query["part-number-marker"], **where)),
        "ListMultipartUploads": lambda: client.list_multipart_uploads(oss.ListMultipartUploadsRequest(
            bucket=bucket, max_uploads=int(query["max-uploads"]), prefix=query.get("prefix"))),
        "HeadObject": lambda: client.head_object(oss.HeadObjectRequest(bucket=bucket, key=key)),
        "GetBucketInfo": lambda: client.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)),
    }
    calls[operation]()


def objects(asked, request):
    oss2, oss2_auth, oss2_http = need("oss2"), need("oss2.auth"), need("oss2.http")
    oss, signer = need("alibabacloud_oss_v2"), need("alibabacloud_oss_v2.signer.v4")
    target = urlsplit(request["target"])
    _, bucket, key = unquote(target.path).split("/", 2)
    query, headers = dict(parse_qsl(target.query, keep_blank_values=True)), request["headers"]
    # What we send and sign; the rest of a request is of the connection.
    sent = {name: value for name, value in headers.items()
            if name in ("content-type", "content-md5") or name.startswith("x-oss-")}
    time = datetime.datetime.strptime(headers["x-oss-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    host = "http://" + asked["addresses"]["OSS"]
    said = {}

    # The second SDK signs our request …
    credentials = oss.credentials.Credentials(asked["id"], asked["secret"], asked["token"])
    context = oss.types.SigningContext(
        product="oss", region=asked["region"], bucket=bucket, key=key or None, credentials=credentials,
        request=oss.types.HttpRequest(request["method"], host + request["target"], headers=dict(sent)),
        signing_time=time)
    signer.SignerV4().sign(context)
    said["authorization"] = context.request.headers["Authorization"]

    # … the first one too, from decoded parts …
    class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return time.replace(tzinfo=None)

    oss2_auth.datetime = Fixed
    provider = oss2.credentials.StaticCredentialsProvider(asked["id"], asked["secret"], asked["token"])
    built = oss2_http.Request(request["method"], host + target.path, params=dict(query), headers=dict(sent),
                              region=asked["region"], product="oss")
    oss2_auth.ProviderAuthV4(provider)._sign_request(built, bucket, key)
    said["first"] = built.headers["authorization"].rsplit("Signature=", 1)[1]

    # … and what the second one asks for itself.
    original = signer.SignerV4._calc_canonical_request

    def canonical(self, signing_ctx, additional_headers=None):
        text = original(self, signing_ctx, additional_headers)
        method, uri, pairs = text.split("\n")[:3]
        pairs = "&".join(pair for pair in pairs.split("&") if pair != OPTIONAL)
        said["asks"] = f"{method} {uri}?{pairs}"
        return text

    signer.SignerV4._calc_canonical_request = canonical
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        asked["id"], asked["secret"], asked["token"])
    config.region, config.endpoint, config.use_path_style = asked["region"], host, True
    try:
        oss_call(oss.Client(config), request["operation"], bucket, key, query)
    except Exception:
        if "asks" not in said:
            raise
    finally:
        signer.SignerV4._calc_canonical_request = original
    return said


def main():
    sign = {"OSS": objects, "ECS": rpc, "RAM": rpc}
    said = [[sign[request["service"]](asked, request) for request in asked["requests"]] for asked in json.load(sys.stdin)]
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
