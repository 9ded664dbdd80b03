//! Signatures of AWS, version 4.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::Request;
use shared::domain::Timestamp;

use crate::settings::Signing;

/// What domains are called in signatures.
const SERVICE: &str = "es";

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Signs `request`, as it is `now`. Its address must be the whole one, and nothing of it may change afterwards.
pub(crate) fn signed(signing: &Signing, request: &mut Request<Vec<u8>>, now: Timestamp) -> Result<(), Error> {
    let keys = &signing.credentials;
    let credentials =
        Credentials::new(&keys.access_key_id, &keys.secret_access_key, keys.session_token.clone(), None, "environment");
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&signing.region.0)
        .name(SERVICE)
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(now.as_millis().unsigned_abs()))
        .settings(settings)
        .build()?
        .into();
    let uri = request.uri().to_string();
    let mut headers = Vec::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        headers.push((name.as_str(), value.to_str()?));
    }
    let signable =
        SignableRequest::new(request.method().as_str(), uri, headers.into_iter(), SignableBody::Bytes(request.body()))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::adapters::aws::{AwsCredentials, AwsRegion};

    use super::*;

    fn signing(session_token: Option<&str>) -> Signing {
        Signing {
            region: AwsRegion("us-east-1".to_owned()),
            credentials: AwsCredentials {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
                session_token: session_token.map(str::to_owned),
            },
        }
    }

    fn request(body: &str) -> Request<Vec<u8>> {
        let request = Request::post("https://search-blog.us-east-1.es.amazonaws.com/bloghub-%2A/_search?pretty=true");
        request.header("content-type", "application/json").body(body.as_bytes().to_vec()).unwrap()
    }

    /// 2015-08-30T12:36:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_440_938_160_000);

    fn authorization(request: &Request<Vec<u8>>) -> &str {
        request.headers()["authorization"].to_str().unwrap()
    }

    /// The expected signature is what the steps of "Create a signed AWS API request" (IAM User Guide) give, done with another program.
    #[test]
    fn a_request_is_signed_as_aws_describes_it() {
        let mut request = request("{}");
        signed(&signing(None), &mut request, NOW).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            request.headers()["x-amz-content-sha256"],
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert_eq!(
            authorization(&request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/es/aws4_request, \
             SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=b51763a5c83fee6c63a8c74f27e420ee363e289907238784d7b8aed1b61d8e5e"
        );
    }

    #[test]
    fn a_roles_token_goes_along_and_is_signed() {
        let mut request = request("{}");
        signed(&signing(Some("token")), &mut request, NOW).unwrap();
        assert_eq!(request.headers()["x-amz-security-token"], "token");
        assert!(authorization(&request).contains("x-amz-date;x-amz-security-token,"));
    }

    #[test]
    fn another_body_has_another_signature() {
        let (mut one, mut other) = (request("{}"), request("{ }"));
        signed(&signing(None), &mut one, NOW).unwrap();
        signed(&signing(None), &mut other, NOW).unwrap();
        assert_ne!(authorization(&one), authorization(&other));
    }
}
