"""Uploads a file as the official SDK does where nothing is said: oss2.resumable_upload with its defaults."""
import os
import sys

import oss2

file, bucket, key = sys.argv[1:4]
auth = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider(
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]))
bucket = oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], bucket, region=os.environ["ALIBABA_CLOUD_REGION_ID"])
oss2.resumable_upload(bucket, key, file)
