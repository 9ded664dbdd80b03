//! `GET /api/articles/{slug}?format=html`.

use serde_json::{Value, json};

use crate::support::{Answer, Client, User, new_article, shapes, unique};

async fn get(slug: &str, format: &str) -> Answer {
    Client::new().get(&format!("/api/articles/{slug}?format={format}")).await
}

/// The article with its HTML taken off, and the HTML.
async fn read(slug: &str) -> (Value, String) {
    let mut article = get(slug, "html").await.expect(200)["article"].take();
    let html = article.as_object_mut().unwrap().remove("html").unwrap();
    (article, html.as_str().unwrap().to_owned())
}

async fn publish(user: &User, body: &str) -> Value {
    user.try_publish(new_article(json!({"body": body}))).await.expect(201)["article"].take()
}

fn slug_of(article: &Value) -> &str {
    article["slug"].as_str().unwrap()
}

#[tokio::test]
async fn the_same_article_has_its_text_as_html_too() {
    let user = User::sign_up().await;
    let article =
        publish(&user, "# Knots\n\n| a |\n|---|\n| b |\n\n```rust\nlet a;\n```\n\nNote[^1].\n\n[^1]: That.").await;
    shapes::expect_article(&article);
    for _ in 0..2 {
        let (shown, html) = read(slug_of(&article)).await;
        assert_eq!(shown, article);
        for part in ["<h1>Knots</h1>", "<td>b</td>", "class=\"language-rust\"", "href=\"#fn-1\""] {
            assert!(html.contains(part), "{html}");
        }
    }
    let plain = Client::new().get(&format!("/api/articles/{}", slug_of(&article))).await.expect(200);
    assert_eq!(plain["article"].get("html"), None);
}

#[tokio::test]
async fn html_that_does_harm_does_not_come_out() {
    let user = User::sign_up().await;
    let body =
        "<script>alert(1)</script>\n\n[a](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n![a](data:text/html,x)";
    let (article, html) = read(slug_of(&publish(&user, body).await)).await;
    assert_eq!(article["body"], body);
    for harm in ["<script", "href=\"javascript", "<img src=x", "src=\"data:"] {
        assert!(!html.contains(harm), "{html}");
    }
}

#[tokio::test]
async fn html_is_that_of_the_text_that_is_shown_whatever_was_read_before() {
    let user = User::sign_up().await;
    let article = publish(&user, "First").await;
    let slug = slug_of(&article);
    assert_eq!(read(slug).await.1, "<p>First</p>\n");
    user.edit(slug, json!({"title": "Only the title"})).await.expect(200);
    assert_eq!(read(slug).await.1, "<p>First</p>\n");
    user.edit(slug, json!({"body": "Second"})).await.expect(200);
    assert_eq!(read(slug).await.1, "<p>Second</p>\n");
    let draft = user.draft_of(slug).await.unwrap();
    user.save(&draft, json!({"body": "Third"})).await.expect(200);
    assert_eq!(read(slug).await.1, "<p>Second</p>\n");
    user.publish_draft(&draft).await.expect(200);
    assert_eq!(read(slug).await.1, "<p>Third</p>\n");
    user.withdraw(slug).await.expect(200);
    get(slug, "html").await.expect(410);
    // What readers have seen before is not rendered again.
    user.publish_draft(&draft).await.expect(200);
    assert_eq!(read(slug).await.1, "<p>Third</p>\n");
    user.delete(slug).await.expect_nothing();
    get(slug, "html").await.expect(404);
}

#[tokio::test]
async fn another_format_is_refused() {
    let user = User::sign_up().await;
    let article = user.publish(&[]).await;
    for format in ["", "HTML", "pdf", "html%20", "%00"] {
        get(slug_of(&article), format).await.expect_problem(422, json!({"format": ["must be \"html\""]}));
    }
    get(&unique("unknown"), "pdf").await.expect(404);
    let twice = Client::new().get(&format!("/api/articles/{}?format=html&format=html", slug_of(&article))).await;
    twice.expect(400);
}

#[tokio::test]
async fn the_largest_texts_are_rendered_or_shown_as_they_were_typed() {
    let user = User::sign_up().await;
    // Bytes of a xorshift generator (Marsaglia 2003), in letters that nothing compresses much.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[usize::try_from(state % 64).unwrap()],
        )
    };
    let random: String = (0..256 * 1024).map(|_| letter()).collect();
    for (body, begin) in [
        (random, "<p>"),
        ("> ".repeat(128 * 1024), "<pre>"),
        ("<".repeat(256 * 1024), "<pre>"),
        ("*a\n\n".repeat(64 * 1024), "<p>"),
    ] {
        let (article, html) = read(slug_of(&publish(&user, &body).await)).await;
        assert!(article["body"] == body.as_str(), "another body");
        assert!(html.starts_with(begin), "{}", &html[..100]);
    }
}
