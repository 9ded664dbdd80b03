//! The articles that `make search-corpus` made.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Deserialize;

use crate::Result;

/// An article of the corpus.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Article {
    /// Its address, and what judgements call it.
    pub(crate) id: String,
    /// The title.
    pub(crate) title: String,
    /// Its first sentence.
    pub(crate) description: String,
    /// What it is about.
    pub(crate) tags: Vec<String>,
    /// What there is to read.
    pub(crate) text: String,
    /// Of which book it is.
    pub(crate) author: String,
}

/// The articles of `file` in its order, one at a time: there may be more than the memory that is being measured.
///
/// # Errors
/// A file that is not there, and in its turn each line that is no article.
pub(crate) fn read(file: &Path) -> Result<impl Iterator<Item = Result<Article>> + use<>> {
    let opened =
        File::open(file).map_err(|error| format!("{}: {error}; make search-corpus makes it", file.display()))?;
    Ok(BufReader::new(opened).lines().map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// `number` articles: those of `file`, and then the same again under other addresses, as often as it takes. So the vocabulary is that of
/// real text, and a word's articles grow with the number of all.
///
/// # Errors
/// A file without articles or that is not there, and in its turn each line that is no article.
pub(crate) fn repeated(file: &Path, number: usize) -> Result<impl Iterator<Item = Result<Article>> + use<>> {
    let each = read(file)?.count();
    if each == 0 {
        return Err(format!("{} has no articles", file.display()).into());
    }
    let file = file.to_owned();
    let rounds = (0..number.div_ceil(each)).flat_map(move |round| {
        let articles: Box<dyn Iterator<Item = Result<Article>>> = match read(&file) {
            Ok(articles) => Box::new(articles),
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        articles.map(move |article| {
            let mut article = article?;
            if round > 0 {
                article.id = format!("{}-x{round}", article.id);
            }
            Ok(article)
        })
    });
    Ok(rounds.take(number))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs};

    use super::*;

    #[test]
    fn articles_come_again_under_other_addresses_until_there_are_enough() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("articles.jsonl");
        let article = |id: &str| {
            format!(
                "{{\"id\":\"{id}\",\"lang\":\"en\",\"title\":\"T\",\"description\":\"\",\"tags\":[],\"text\":\"\",\"author\":\"a\"}}\n"
            )
        };
        fs::write(&file, article("a") + &article("b")).unwrap();
        let ids: Vec<String> = repeated(&file, 5).unwrap().map(|article| article.unwrap().id).collect();
        assert_eq!(ids.len(), 5);
        assert_eq!(ids[..2], ["a", "b"]);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 5);
    }

    #[test]
    fn what_is_no_article_is_an_error_in_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("articles.jsonl");
        assert!(read(&file).is_err());
        fs::write(&file, "{}\n").unwrap();
        assert!(read(&file).unwrap().next().unwrap().is_err());
    }
}
