//! `hf:ORG/NAME` against a server that answers like the hub.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inkling_search::error::ErrorKind;
use inkling_search::import::pull::{FetchOptions, Source, fetch, fetch_or};
use sha2::{Digest, Sha256};

use super::fake_hub::{
    COMMIT, Hub, REPOSITORY, TOKEN, assert_whole, cutting, failing, files, hex, honest, hub_answer, source, twist,
};
use super::server::{Reply, Request, Server};
use super::{Report, options, write};

/// The names of what the cache has downloaded, finished or not.
fn blobs(cache: &Path) -> Vec<String> {
    let folder = cache.join("hub/org--model/blobs");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_arrives_whole_at_one_commit_and_the_token_stays_with_the_hub() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), honest());
    let mut report = Report::default();
    let model = fetch(&source(), &hub.options(cache.path()), &mut report).unwrap();
    assert_whole(&model);
    assert_eq!((model.id.as_str(), model.source), (REPOSITORY, format!("hf:{REPOSITORY}@{COMMIT}")));

    let asked = hub.main.requests();
    assert!(asked[0].path.ends_with("/resolve/main/config.json"));
    assert!(asked[1..].iter().all(|request| request.path.contains(COMMIT)), "{asked:?}");
    assert!(asked.iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
    let at_cdn = hub.cdn.requests();
    assert_eq!(at_cdn.len(), 1);
    assert_eq!(at_cdn[0].header("authorization"), None);

    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert_eq!(report.finished, report.started.len());
    assert!(report.started.contains(&("model.safetensors".into(), Some(1_200_000), 1_200_000)), "{:?}", report.started);
}

#[test]
fn a_renamed_repository_is_followed_with_the_token() {
    let cache = tempfile::tempdir().unwrap();
    let rename = twist(|request| {
        let rest = request.path.strip_prefix("/old/name/")?;
        Some(Reply::status(307).header("Location", format!("/{REPOSITORY}/{rest}")))
    });
    let hub = Hub::start(files(), rename, honest());
    assert_whole(&fetch(&"hf:old/name".parse().unwrap(), &hub.options(cache.path()), &mut ()).unwrap());
    assert!(hub.main.requests().iter().all(|request| request.header("authorization").is_some()));
}

#[test]
fn a_revision_with_slashes_is_one_part_of_the_address() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), honest());
    let source: Source = "hf:org/model@refs/pr/1".parse().unwrap();
    assert_whole(&fetch(&source, &hub.options(cache.path()), &mut ()).unwrap());
}

#[test]
fn weights_in_the_old_format_do_where_there_are_no_others() {
    let cache = tempfile::tempdir().unwrap();
    let mut files = files();
    let weights = files.remove("model.safetensors").unwrap();
    files.insert("pytorch_model.bin", weights.clone());
    let model = Hub::start(files.clone(), honest(), honest()).pull(cache.path()).unwrap();
    assert!(model.files["pytorch_model.bin"] == weights);

    files.remove("pytorch_model.bin");
    let error = Hub::start(files, honest(), honest()).pull(cache.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("neither model.safetensors nor pytorch_model.bin"), "{error}");
}

#[test]
fn what_the_hub_does_not_have_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let mut files = files();
    files.remove("tokenizer.json");
    let hub = Hub::start(files, honest(), honest());
    for (text, words) in [
        ("hf:org/modell", "no model org/modell"),
        ("hf:org/model@v9", "org/model has no revision v9"),
        ("hf:org/model", "org/model has no tokenizer.json"),
    ] {
        let error = fetch(&text.parse().unwrap(), &hub.options(cache.path()), &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_refusal_says_to_set_a_token_and_never_prints_one() {
    for (status, token, words) in [(401, None, "set HF_TOKEN"), (403, Some(TOKEN), "HF_TOKEN does not give access")] {
        let cache = tempfile::tempdir().unwrap();
        let hub = Hub::start(files(), twist(move |_| Some(Reply::status(status))), honest());
        let options = FetchOptions { token: token.map(str::to_owned), ..hub.options(cache.path()) };
        let error = fetch(&source(), &options, &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        let text = error.to_string();
        assert!(text.contains(words) && text.contains(REPOSITORY) && !text.contains(TOKEN), "{text}");
        assert_eq!(hub.main.requests().len(), 1);
    }
}

#[test]
fn a_body_that_is_cut_short_is_continued_where_it_ended() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), cutting(2, 100_000));
    let mut report = Report::default();
    assert_whole(&fetch(&source(), &hub.options(cache.path()), &mut report).unwrap());
    let ranges: Vec<Option<usize>> = hub.cdn.requests().iter().map(Request::range).collect();
    assert_eq!(ranges, [None, Some(100_000), Some(200_000)]);
    assert_eq!(report.notes.len(), 2);
    assert!(report.notes[0].contains("ended after 100000 of 1200000 bytes"), "{:?}", report.notes);
}

#[test]
fn a_server_that_always_cuts_is_given_up_and_what_came_is_used_next_time() {
    let cache = tempfile::tempdir().unwrap();
    let broken = Hub::start(files(), honest(), cutting(usize::MAX, 1000));
    let error = broken.pull(cache.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("pull again later"), "{error}");
    assert_eq!(broken.cdn.requests().len(), 4, "one attempt and three retries");

    let mended = Hub::start(files(), honest(), honest());
    assert_whole(&mended.pull(cache.path()).unwrap());
    assert_eq!(mended.cdn.requests()[0].range(), Some(4000));
}

#[test]
fn a_server_that_cuts_and_knows_no_ranges_is_given_up() {
    let cache = tempfile::tempdir().unwrap();
    let rangeless = twist(|_| Some(Reply::file(&files()["model.safetensors"], &Request::get("/")).cut(1_100_000)));
    let hub = Hub::start(files(), honest(), rangeless);
    assert_eq!(hub.pull(cache.path()).unwrap_err().kind(), ErrorKind::Network);
    // The first failure comes with a mebibyte of news, so it does not count.
    assert_eq!(hub.cdn.requests().len(), 4);
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let cache = tempfile::tempdir().unwrap();
    let first = AtomicUsize::new(1);
    let rangeless = twist(move |_| {
        let whole = Reply::file(&files()["model.safetensors"], &Request::get("/"));
        Some(if first.swap(0, Ordering::SeqCst) == 1 { whole.cut(5000) } else { whole })
    });
    let hub = Hub::start(files(), honest(), rangeless);
    assert_whole(&hub.pull(cache.path()).unwrap());
    assert_eq!(hub.cdn.requests()[1].range(), Some(5000));
}

#[test]
fn a_mirror_that_serves_large_files_itself_is_asked_for_the_rest_only() {
    let cache = tempfile::tempdir().unwrap();
    let cut = AtomicUsize::new(1);
    let mirror = twist(move |request| {
        let weights = &files()["model.safetensors"];
        request.path.ends_with("model.safetensors").then(|| {
            let reply = Reply::file(weights, request).header("ETag", format!("\"{}\"", hex(&Sha256::digest(weights))));
            if cut.swap(0, Ordering::SeqCst) == 1 { reply.cut(7000) } else { reply }
        })
    });
    let hub = Hub::start(files(), mirror, honest());
    let once = FetchOptions { retries: 0, ..hub.options(cache.path()) };
    assert_eq!(fetch(&source(), &once, &mut ()).unwrap_err().kind(), ErrorKind::Network);
    assert_whole(&hub.pull(cache.path()).unwrap());
    // The third question is the second run's first: it cannot know yet that it has a part of this very file.
    let asked: Vec<_> = hub.main.requests().into_iter().filter(|request| request.path.ends_with("model.safetensors")).collect();
    assert_eq!(asked.iter().map(Request::range).collect::<Vec<_>>(), [None, None, Some(7000)]);
}

#[test]
fn a_part_from_before_that_went_bad_is_fetched_again_from_the_start() {
    for bad in [vec![0; 50_000], vec![0; 1_200_000], vec![0; 1_300_000]] {
        let cache = tempfile::tempdir().unwrap();
        let hub = Hub::start(files(), honest(), honest());
        let hash = hex(&Sha256::digest(&files()["model.safetensors"]));
        let part = cache.path().join(format!("hub/org--model/blobs/{hash}.part"));
        write(&part, &bad);
        assert_whole(&hub.pull(cache.path()).unwrap());
        assert!(!part.exists());
    }
}

#[test]
fn bytes_other_than_the_announced_ones_are_refused_and_deleted() {
    for (name, at_cdn) in [("model.safetensors", true), ("config.json", false)] {
        let forge = move || {
            twist(move |request| {
                let mut bytes = files()[name].clone();
                *bytes.last_mut().unwrap() ^= 1;
                let honest = hub_answer(&Request::get(&request.path), &files(), "");
                request.path.contains(name).then(|| honest.with_body(&bytes))
            })
        };
        let cache = tempfile::tempdir().unwrap();
        let hub = if at_cdn { Hub::start(files(), honest(), forge()) } else { Hub::start(files(), forge(), honest()) };
        let error = hub.pull(cache.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::HashMismatch, "{error}");
        assert!(error.to_string().contains(name), "{error}");
        let left = blobs(cache.path());
        assert!(left.iter().all(|blob| !blob.ends_with(".part")), "{left:?}");
        assert_eq!(left.len(), if at_cdn { 3 } else { 0 });
    }
}

#[test]
fn a_body_longer_than_announced_is_refused_and_an_absurd_size_is_not_even_begun() {
    let cache = tempfile::tempdir().unwrap();
    let longer = twist(|request| {
        let mut bytes = files()["model.safetensors"].clone();
        bytes.push(0);
        Some(Reply::file(&bytes, request))
    });
    let hub = Hub::start(files(), honest(), longer);
    assert_eq!(hub.pull(cache.path()).unwrap_err().kind(), ErrorKind::HashMismatch);

    let huge = twist(|request| {
        let redirect = Reply::status(302).header("Location", "/huge").header("X-Linked-Size", u64::MAX.to_string());
        match request.path.as_str() {
            "/huge" => Some(Reply::file(b"short", request)),
            path => path.ends_with("model.safetensors").then_some(redirect),
        }
    });
    let hub = Hub::start(files(), huge, honest());
    let error = hub.pull(cache.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[test]
fn redirects_in_a_circle_end() {
    let cache = tempfile::tempdir().unwrap();
    let circle = twist(|request| Some(Reply::status(302).header("Location", request.path.clone())));
    let hub = Hub::start(files(), circle, honest());
    let error = hub.pull(cache.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("redirects without end"), "{error}");
    assert!(hub.main.requests().len() < 20);
}

#[test]
fn a_busy_server_is_asked_again_but_not_forever() {
    for status in [429, 500, 503] {
        let cache = tempfile::tempdir().unwrap();
        assert_whole(&Hub::start(files(), failing(3, status), honest()).pull(cache.path()).unwrap());
        assert_whole(&Hub::start(files(), honest(), failing(1, status)).pull(cache.path()).unwrap());
        let hub = Hub::start(files(), failing(usize::MAX, status), honest());
        let error = fetch(&"hf:org/model@refs/pr/1".parse().unwrap(), &hub.options(cache.path()), &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(hub.main.requests().len(), 4);
    }
}

#[test]
fn an_expired_address_of_the_content_network_is_replaced_by_a_new_one() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), failing(1, 403));
    assert_whole(&hub.pull(cache.path()).unwrap());
    assert_eq!(hub.main.count("model.safetensors"), 2);
}

#[test]
fn a_hub_that_accepts_and_never_answers_is_left_in_time_with_one_note() {
    let temp = tempfile::tempdir().unwrap();
    let stand_in = temp.path().join("stand-in");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        write(&stand_in.join(name), b"{}");
    }
    let silent = Server::start(|_| Reply::silence());
    let closed = { Server::start(|_| Reply::silence()).url.clone() };
    let gateway = Server::start(|_| Reply::status(504));
    for (endpoint, notes) in [(&silent.url, 1), (&closed, 1), (&gateway.url, 4)] {
        let options = FetchOptions { endpoint: endpoint.clone(), ..options(temp.path()) };
        let error = fetch(&source(), &options, &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert!(error.to_string().contains(endpoint.as_str()), "{error}");
        let mut report = Report::default();
        let model = fetch_or(&source(), &Source::Folder(stand_in.clone()), &options, &mut report).unwrap();
        assert_eq!(model.id, "stand-in");
        assert_eq!(report.notes.len(), notes, "{:?}", report.notes);
        assert!(report.notes[notes - 1].contains("instead of hf:org/model"), "{:?}", report.notes);
    }
    assert!(!silent.was_outwaited());
}

#[test]
fn a_body_that_stalls_is_left_in_time_and_continued() {
    let cache = tempfile::tempdir().unwrap();
    let stalls = AtomicUsize::new(1);
    let stalling = twist(move |request| {
        let first = stalls.swap(0, Ordering::SeqCst) == 1;
        first.then(|| Reply::file(&files()["model.safetensors"], request).cut(3000).stalling())
    });
    let hub = Hub::start(files(), honest(), stalling);
    assert_whole(&hub.pull(cache.path()).unwrap());
    assert!(!hub.cdn.was_outwaited());
    assert_eq!(hub.cdn.requests()[1].range(), Some(3000));
}

#[test]
fn an_answer_however_unwelcome_is_no_reason_to_take_another_model() {
    for (status, kind) in [(401, ErrorKind::Unauthorized), (404, ErrorKind::NotFound), (500, ErrorKind::Network)] {
        let cache = tempfile::tempdir().unwrap();
        let hub = Hub::start(files(), twist(move |_| Some(Reply::status(status))), honest());
        let stand_in = Source::Folder(cache.path().into());
        assert_eq!(fetch_or(&source(), &stand_in, &hub.options(cache.path()), &mut ()).unwrap_err().kind(), kind);
    }
}

#[test]
fn a_second_pull_fetches_no_large_file_and_a_third_needs_no_hub() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), honest());
    let model = hub.pull(cache.path()).unwrap();
    assert_eq!(hub.pull(cache.path()).unwrap(), model);
    assert_eq!(hub.cdn.count("model.safetensors"), 1);

    let pinned: Source = format!("hf:{REPOSITORY}@{COMMIT}").parse().unwrap();
    assert_eq!(fetch(&pinned, &hub.options(cache.path()), &mut ()).unwrap(), model);
    let asked = hub.main.requests().len();
    assert_eq!(fetch(&pinned, &hub.options(cache.path()), &mut ()).unwrap(), model);
    assert_eq!(hub.main.requests().len(), asked, "a commit cannot change");

    let options = hub.options(cache.path());
    drop(hub);
    let mut report = Report::default();
    assert_eq!(fetch(&source(), &options, &mut report).unwrap(), model);
    assert!(report.notes[0].contains("as it was pulled before"), "{:?}", report.notes);

    // A file that went bad in the cache is no file.
    let blob = blobs(cache.path()).into_iter().find(|name| name.len() == 64).unwrap();
    write(&cache.path().join("hub/org--model/blobs").join(blob), b"bad");
    assert_eq!(fetch(&source(), &options, &mut ()).unwrap_err().kind(), ErrorKind::Network);
}

#[test]
fn two_pulls_at_once_share_one_download() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(files(), honest(), honest());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_whole(&hub.pull(cache.path()).unwrap()));
        }
    });
    assert_eq!(hub.cdn.count("model.safetensors"), 1);
}

#[test]
fn an_endpoint_or_token_that_cannot_be_is_refused_before_any_request() {
    let cache = tempfile::tempdir().unwrap();
    for endpoint in ["", "huggingface.co", "ftp://host", "http://", "http://a b"] {
        let options = FetchOptions { endpoint: endpoint.into(), ..options(cache.path()) };
        let error = fetch(&source(), &options, &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{endpoint}");
        assert!(error.to_string().contains("HF_ENDPOINT"), "{error}");
    }
    let options = FetchOptions { token: Some("a\r\nX: b".into()), ..options(cache.path()) };
    assert_eq!(fetch(&source(), &options, &mut ()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// Runs itself again as a child with another environment, because a process cannot safely change its own.
#[test]
fn the_environment_names_hub_token_cache_and_proxy() {
    if std::env::var_os("INKLING_PULL_CHILD").is_some() {
        let model = fetch(&source(), &FetchOptions { backoff: Duration::ZERO, ..FetchOptions::default() }, &mut ()).unwrap();
        return assert_whole(&model);
    }
    let temp = tempfile::tempdir().unwrap();
    write(&temp.path().join("hf/token"), b"hf_from_file\n");
    let hub = Hub::start(files(), honest(), honest());
    let child = |cache: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "pull::hub::the_environment_names_hub_token_cache_and_proxy"]).env_clear();
        command.env("INKLING_PULL_CHILD", "1").env("XDG_CACHE_HOME", temp.path().join(cache)).envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(temp.path().join(cache).join("inkling/hub/org--model/blobs").is_dir());
    };
    let last_token = || hub.main.requests().last().unwrap().header("authorization").map(str::to_owned);

    child("a", &[("HF_ENDPOINT", &hub.main.url), ("HF_HOME", temp.path().join("hf").to_str().unwrap())]);
    assert_eq!(last_token().as_deref(), Some("Bearer hf_from_file"));
    child("b", &[("HF_ENDPOINT", &format!("{}/", hub.main.url)), ("HF_TOKEN", TOKEN)]);
    assert_eq!(last_token().as_deref(), Some("Bearer hf_secret"));

    // No such host exists: whatever is asked of it arrives only through the proxy.
    let blobs = format!("{}/blob", hub.cdn.url);
    let proxy = Server::start(move |request| hub_answer(&request.without_host(), &files(), &blobs));
    let variables = [("HF_ENDPOINT", "http://hub.invalid"), ("HTTP_PROXY", proxy.url.as_str()), ("NO_PROXY", "127.0.0.1")];
    child("c", &variables);
    assert!(proxy.count("hub.invalid") > 0, "{:?}", proxy.requests());
}
