//! Addresses: where a redirect leads, and which addresses are the same server's.

use http::Uri;

/// A reference against the address it was found at. (RFC 3986, section 5.2, without dot segments, which servers do not send.)
pub(super) fn resolve(base: &Uri, reference: &str) -> Option<Uri> {
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let absolute = if reference.is_empty() {
        return None;
    } else if reference.starts_with("http://") || reference.starts_with("https://") {
        reference.to_owned()
    } else if reference.starts_with("//") {
        format!("{scheme}:{reference}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    };
    absolute.parse().ok().filter(|uri: &Uri| uri.host().is_some_and(|host| !host.is_empty()))
}

/// Whether two addresses have the same scheme, host and port: the reach of the token.
pub(super) fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let same_host = || a.host().zip(b.host()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    a.scheme_str() == b.scheme_str() && port(a) == port(b) && same_host()
}

/// Scheme, host and port: an address fit for messages, since the rest of a content network's is a signature.
pub(super) fn site(address: &Uri) -> String {
    let host = address.host().unwrap_or_default();
    let port = address.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", address.scheme_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_resolves_against_the_address_it_came_from() {
        let base: Uri = "https://hub.example:8443/org/name/resolve/main/a.json?x=1".parse().unwrap();
        for (reference, expected) in [
            ("https://cdn.example/f?sig=1", Some("https://cdn.example/f?sig=1")),
            ("//cdn.example/f", Some("https://cdn.example/f")),
            ("/api/f", Some("https://hub.example:8443/api/f")),
            ("b.json", Some("https://hub.example:8443/org/name/resolve/main/b.json")),
            ("", None),
            ("http://", None),
            ("https://a b/", None),
        ] {
            let resolved = resolve(&base, reference).map(|uri| uri.to_string());
            assert_eq!(resolved.as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |a: &str, b: &str| same_origin(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(same("https://Hub.example/a", "https://hub.example:443/b"));
        assert!(!same("https://hub.example/a", "http://hub.example/a"));
        assert!(!same("http://hub.example:1/a", "http://hub.example:2/a"));
        assert!(!same("http://hub.example/a", "http://hub.example.evil/a"));
    }
}
