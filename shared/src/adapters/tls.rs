//! Whom the clients trust on AWS: Amazon's own roots, instead of a whole store that would have to be parsed at each start.
//!
//! Source of the certificates: <https://www.amazontrust.com/repository/>, as Mozilla's store carries them.

/// Amazon Root CA 1 to 4 and the Starfield Services root that they chain up to, as PEM.
pub(super) const AMAZON_ROOTS: &str = include_str!("amazon_roots.pem");

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    use super::*;

    /// SHA-256 of the certificates, as Amazon publishes them.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn the_roots_are_amazons() {
        let found: Vec<_> = CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes())
            .map(|der| {
                let digest = ring::digest::digest(&ring::digest::SHA256, &der.unwrap());
                digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            })
            .collect();
        assert_eq!(found, FINGERPRINTS);
    }
}
