//! Where a service is asked.

use crate::error::{Error, Result};
use std::net::IpAddr;

/// Scheme and authority of a service, and how buckets are named there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    authority: String,
    path_style: bool,
}

/// The way to the services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// From anywhere.
    #[default]
    Public,
    /// From inside of Alibaba Cloud and of the region: traffic costs nothing.
    Internal,
    /// OSS by the nearest entry to its backbone; the bucket must have transfer acceleration enabled.
    Accelerate,
    /// The same for buckets and clients outside of mainland China.
    AccelerateOverseas,
    /// OSS by IPv4 and IPv6.
    DualStack,
}

impl Network {
    /// All of them, by their names.
    pub const ALL: [(&str, Network); 5] = [
        ("public", Network::Public),
        ("internal", Network::Internal),
        ("accelerate", Network::Accelerate),
        ("accelerate-overseas", Network::AccelerateOverseas),
        ("dual-stack", Network::DualStack),
    ];
}

impl Endpoint {
    /// Reads `[https://]HOST[:PORT]`. Plain `http` is for loopback only, for tests: the keys of a request could be
    /// used by who reads along.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, authority) = match text.trim_end_matches('/').split_once("://") {
            Some(("https", rest)) => ("https", rest),
            Some(("http", rest)) => ("http", rest),
            Some(_) => return Err(Error::usage(format!("{text}: an endpoint is asked by https"))),
            None => ("https", text.trim_end_matches('/')),
        };
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "443"));
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if host.is_empty() || !host.chars().all(good) || port.parse::<u16>().is_err() {
            return Err(Error::usage(format!("{text}: an endpoint is HOST or HOST:PORT")));
        }
        let address = host.parse::<IpAddr>().ok();
        let loopback = address.is_some_and(|address| address.is_loopback()) || host == "localhost";
        if scheme == "http" && !loopback {
            return Err(Error::usage(format!("{text}: only a service of this machine is asked by plain http")));
        }
        Ok(Endpoint { scheme, authority: authority.into(), path_style: address.is_some() })
    }

    /// The endpoint of OSS in a region.
    pub fn oss(region: &str, network: Network) -> Result<Self> {
        Self::parse(&match network {
            Network::Public => format!("oss-{region}.aliyuncs.com"),
            Network::Internal => format!("oss-{region}-internal.aliyuncs.com"),
            Network::Accelerate => "oss-accelerate.aliyuncs.com".to_owned(),
            Network::AccelerateOverseas => "oss-accelerate-overseas.aliyuncs.com".to_owned(),
            Network::DualStack => format!("{region}.oss.aliyuncs.com"),
        })
    }

    /// The endpoint of ECS in a region.
    pub fn ecs(region: &str, network: Network) -> Result<Self> {
        match region {
            _ if network == Network::Internal => Self::parse(&format!("ecs-vpc.{region}.aliyuncs.com")),
            // As the endpoint data of the official SDKs has it.
            "cn-hangzhou" | "cn-shanghai-finance-1" | "cn-shenzhen-finance-1" => {
                Self::parse("ecs-cn-hangzhou.aliyuncs.com")
            }
            "cn-north-2-gov-1" | "cn-hangzhou-finance" | "cn-zhangbei" | "cn-beijing-gov-1" => {
                Self::parse("ecs.aliyuncs.com")
            }
            _ => Self::parse(&format!("ecs.{region}.aliyuncs.com")),
        }
    }

    /// The endpoint of STS, of a region or of all.
    pub fn sts(region: Option<&str>) -> Result<Self> {
        match region {
            Some(region) => Self::parse(&format!("sts.{region}.aliyuncs.com")),
            None => Self::parse("sts.aliyuncs.com"),
        }
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Address of the service itself.
    pub(crate) fn root(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Address of a bucket, with a slash at its end.
    pub(crate) fn bucket(&self, bucket: &str) -> String {
        match self.path_style {
            true => format!("{}/{bucket}/", self.root()),
            false => format!("{}://{bucket}.{}/", self.scheme, self.authority),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_hosts_but_on_numbers() {
        let oss = Endpoint::oss("cn-beijing", Network::Internal).unwrap();
        assert_eq!(oss.bucket("b"), "https://b.oss-cn-beijing-internal.aliyuncs.com/");
        let test = Endpoint::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!((test.bucket("b").as_str(), test.authority()), ("http://127.0.0.1:8080/b/", "127.0.0.1:8080"));
    }

    #[test]
    fn keys_do_not_travel_in_the_clear() {
        for text in ["http://oss-cn-hangzhou.aliyuncs.com", "ftp://a", "", "https://", "a b", "host:port", "a@b", "h/p"]
        {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
