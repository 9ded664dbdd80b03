//! Views in the table. Beside the numbers of an article lies the number of the last batch that was counted: a batch is added on the
//! condition that it is a later one, so that what is added again, in part or as a whole, by whomever, is refused.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{InteractionTable, counters::counters_from, items::counters_key};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::n,
    },
    domain::{ArticleId, reaction::ArticleCounters, view::Batch},
    ports::{StoreError, views::ViewTallies},
};

#[async_trait]
impl ViewTallies for InteractionTable {
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError> {
        let call = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(counters_key(article).attributes()))
            // Without an item the version is 1: see `ArticleCounters`.
            .update_expression("SET version = if_not_exists(version, :one) + :one, viewsTo = :batch ADD #reads :views")
            .condition_expression("attribute_not_exists(viewsTo) OR viewsTo < :batch")
            .expression_attribute_names("#reads", "reads")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":batch", n(batch.0))
            .expression_attribute_values(":views", n(views))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match call.send().await {
            Ok(done) => counters_from(done.attributes.as_ref()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let there = refused.item.as_ref().ok_or_else(|| corrupt("a refusal that does not say of what"))?;
                    counters_from(Some(there))
                }
                _ => Err(store_error(error)),
            },
        }
    }
}
