use super::*;

fn config(json: &str) -> Result<HttpConfig, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn routes(list: &[&str]) -> HttpConfig {
    let routes = list.iter().map(|text| HttpRoute::new(text).unwrap());
    HttpConfig::enabled().routes(routes).unwrap()
}

fn params(config: &HttpConfig, method: &str, path: &str) -> Option<String> {
    match config.route(method, path) {
        Routed::Matched(params) => {
            let params: Vec<_> = params.iter().map(|(k, v)| format!("{k}={v}")).collect();
            Some(params.join("&"))
        }
        _ => None,
    }
}

#[test]
fn a_function_answers_no_requests_unless_it_says_so() {
    assert_eq!(config("{}").unwrap(), HttpConfig::default());
    assert!(!HttpConfig::default().enabled);
    assert_eq!(HttpConfig::default().auth, HttpAuth::Key);
}

#[test]
fn settings_are_written_as_they_were_read() {
    let text = r#"{"enabled":true,"auth":"public","methods":["GET","POST"],"routes":["GET /orders/:id","/files/*"],"cors":{"origins":["https://example.com"],"methods":["GET"],"headers":["x-a"],"exposeHeaders":["x-b"],"credentials":true,"maxAge":60},"maxBody":5,"timeout":1500}"#;
    let read = config(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn a_path_matches_the_segments_of_a_pattern() {
    let orders = routes(&[
        "GET /orders/:id",
        "/",
        "POST /a%20b",
        "/files/:path+",
        "/all/*",
        "/maybe/:page?",
    ]);
    for (method, path, expected) in [
        ("GET", "/", Some("")),
        ("GET", "/orders/7", Some("id=7")),
        ("HEAD", "/orders/7", Some("id=7")),
        ("GET", "/orders/a%2Fb%20c", Some("id=a/b c")),
        ("GET", "/orders/%ff%zz", Some("id=\u{fffd}%zz")),
        ("GET", "/orders/", None),
        ("GET", "/orders/7/", None),
        ("GET", "/orders", None),
        ("GET", "/Orders/7", None),
        ("POST", "/a%20b", Some("")),
        ("PUT", "/files/a/b%20c", Some("path=a/b c")),
        ("PUT", "/files/", None),
        ("PUT", "/all/", Some("0=")),
        ("PUT", "/all", None),
        ("PUT", "/all/x/y", Some("0=x/y")),
        ("PUT", "/maybe", Some("")),
        ("PUT", "/maybe/2", Some("page=2")),
        ("PUT", "/maybe/2/3", None),
        ("PUT", "*", None),
    ] {
        let found = params(&orders, method, path);
        assert_eq!(found.as_deref(), expected, "{method} {path}");
    }
}

#[test]
fn the_most_specific_route_counts_whatever_its_place() {
    let config = routes(&["/*", "/orders/:id", "GET /orders/new", "/orders/:rest+"]);
    assert_eq!(params(&config, "GET", "/orders/new").unwrap(), "");
    assert_eq!(params(&config, "PUT", "/orders/new").unwrap(), "id=new");
    assert_eq!(
        params(&config, "PUT", "/orders/new/1").unwrap(),
        "rest=new/1"
    );
    assert_eq!(params(&config, "PUT", "/x").unwrap(), "0=x");
}

#[test]
fn patterns_of_the_standard_that_are_more_than_segments_match_too() {
    let config = routes(&[
        "/orders/:id(\\d+)",
        "/files/:name.:type",
        "/files/:name",
        "/files/readme.txt",
        "/posts{/:year(\\d{4})}?/all",
        "/*/end",
        "/x:rest(.*)",
        "/:any",
    ]);
    for (path, expected) in [
        ("/orders/12", Some("id=12")),
        ("/orders/x", None),
        ("/files/a%20b.txt", Some("name=a b&type=txt")),
        ("/files/readme.txt", Some("")),
        ("/files/readme", Some("name=readme")),
        ("/posts/all", Some("")),
        ("/posts/2024/all", Some("year=2024")),
        ("/posts/24/all", None),
        ("/a/b/end", Some("0=a/b")),
        ("/xy/z", Some("rest=y/z")),
        ("/xy", Some("rest=y")),
        ("/y", Some("any=y")),
    ] {
        assert_eq!(params(&config, "GET", path).as_deref(), expected, "{path}");
    }
}

#[test]
fn of_equally_specific_routes_the_first_one_counts() {
    let first = routes(&["/:a([a-z]+)", "/:b([a-y]+)"]);
    assert_eq!(params(&first, "GET", "/b").unwrap(), "a=b");
    let second = routes(&["/:b([a-y]+)", "/:a([a-z]+)"]);
    assert_eq!(params(&second, "GET", "/b").unwrap(), "b=b");
}

#[test]
fn a_wrong_method_is_told_apart_from_a_wrong_path() {
    let config = routes(&["GET /a", "POST /a", "PUT /b"]);
    let allow = Routed::WrongMethod {
        allow: "GET, HEAD, POST".to_owned(),
    };
    assert_eq!(config.route("DELETE", "/a"), allow);
    assert_eq!(config.route("GET", "/c"), Routed::NoRoute);
    let only_post = HttpConfig::enabled().methods(["POST"]).unwrap();
    let allow = Routed::WrongMethod {
        allow: "POST".to_owned(),
    };
    assert_eq!(only_post.route("GET", "/a"), allow);
}

#[test]
fn routes_that_match_the_same_requests_are_refused() {
    for (first, second) in [
        ("GET /a", "GET /a"),
        ("GET /a/:id", "GET /a/:name"),
        ("/a/:all*", "/a/:rest*"),
        ("/:a.:b", "/:c.:d"),
        ("/:id(\\d+)", "/:n(\\d+)"),
        ("/a b".replace(' ', "%20").as_str(), "/a%20b"),
    ] {
        let pair = [first, second].map(|text| HttpRoute::new(text).unwrap());
        let refused = HttpConfig::enabled().routes(pair).unwrap_err();
        assert!(refused.to_string().contains("conflicts with"), "{refused}");
    }
    routes(&["GET /a", "POST /a", "/a", "/a/:id", "/a/:id?"]);
}

#[test]
fn wrong_settings_are_refused_with_the_name_of_the_field() {
    let many = format!(
        r#"{{"routes":[{}]}}"#,
        vec![r#""/a""#; HttpConfig::MAX_ROUTES + 1].join(",")
    );
    for (text, expected) in [
        (r#"{"auth":"jwt"}"#, "jwt"),
        (r#"{"port":1}"#, "port"),
        (r#"{"methods":[]}"#, "http.methods is empty"),
        (r#"{"methods":["get"]}"#, "http.methods[0]"),
        (r#"{"methods":["GET","GET"]}"#, "twice"),
        (r#"{"routes":[]}"#, "http.routes is empty"),
        (r#"{"routes":["orders"]}"#, "begins with /"),
        (r#"{"routes":["get /orders"]}"#, "upper case"),
        (r#"{"routes":["/a/:"]}"#, "not a pattern of URLPattern"),
        (
            r#"{"routes":["/a/:id(\\d+"]}"#,
            "not a pattern of URLPattern",
        ),
        (r#"{"routes":["/:a/:a"]}"#, "not a pattern of URLPattern"),
        (r#"{"routes":["/a\u0000"]}"#, "control character"),
        (&many, "at most 256"),
        (r#"{"maxBody":2000000000}"#, "http.maxBody"),
        (r#"{"timeout":0}"#, "http.timeout"),
        (r#"{"cors":{"origins":[]}}"#, "http.cors.origins is empty"),
        (r#"{"cors":{"origins":["example.com"]}}"#, "origins[0]"),
        (r#"{"cors":{"origins":["https://a.com/b"]}}"#, "origins[0]"),
        (
            r#"{"cors":{"origins":["*"],"credentials":true}}"#,
            "credentials",
        ),
        (
            r#"{"cors":{"origins":["*"],"headers":["a b"]}}"#,
            "headers[0]",
        ),
    ] {
        let refused = config(text).unwrap_err();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn the_allowed_origin_is_the_one_that_asks() {
    let some = config(r#"{"cors":{"origins":["https://a.com","https://b.com"]}}"#).unwrap();
    let some = some.cors_settings().unwrap();
    assert_eq!(some.allow_origin("https://b.com"), Some("https://b.com"));
    assert_eq!(some.allow_origin("https://c.com"), None);
    assert!(some.varies());
    let any = HttpCors::any_origin();
    assert_eq!(any.allow_origin("https://c.com"), Some("*"));
    assert!(!any.varies());
}
