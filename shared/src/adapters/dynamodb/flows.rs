//! What is used once while somebody logs in by way of a provider. It is no matter of the cache: a state that was used must stay
//! used.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | state that was used | `STATE#<SHA-256>` | `STATE` |
//! | code for a front end | `LOGIN_CODE#<SHA-256>` | `LOGIN_CODE` |

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use serde::{Deserialize, Serialize};

use super::{
    error::{corrupt, store_error},
    store::{Dynamo, Item, Key, TableName, from_item, n, to_item},
};
use crate::{
    domain::{
        Timestamp, UserId,
        flow::{LoginGrant, SecretHash},
    },
    ports::{
        StoreError,
        flows::{LoginCodes, SingleUse},
    },
};

fn state_key(state: &SecretHash) -> Key {
    Key::new(format!("STATE#{}", state.as_str()), "STATE")
}

fn code_key(code: &SecretHash) -> Key {
    Key::new(format!("LOGIN_CODE#{}", code.as_str()), "LOGIN_CODE")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpentItem {
    #[serde(flatten)]
    key: Key,
    /// In seconds: DynamoDB's time to live removes the item some time after.
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeItem {
    #[serde(flatten)]
    key: Key,
    user_id: UserId,
    binding: String,
    expires_at: i64,
}

/// The table of coordination, for those who log people in by way of a provider.
#[derive(Clone)]
pub struct FlowTable {
    dynamo: Dynamo,
    name: TableName,
}

impl FlowTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    /// Stores an item where there is none; `false` if there is one.
    async fn put_new(&self, item: Item) -> Result<bool, StoreError> {
        let put = self.dynamo.client.put_item().table_name(&*self.name).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

#[async_trait]
impl SingleUse for FlowTable {
    async fn spend(&self, state: &SecretHash, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.put_new(to_item(&SpentItem { key: state_key(state), expires_at: expires_at.as_secs() })?).await
    }

    async fn grant(&self, code: &SecretHash, grant: &LoginGrant) -> Result<(), StoreError> {
        let LoginGrant { user_id, binding, expires_at } = grant;
        let (binding, expires_at) = (binding.as_str().to_owned(), expires_at.as_secs());
        let item = CodeItem { key: code_key(code), user_id: *user_id, binding, expires_at };
        if self.put_new(to_item(&item)?).await? { Ok(()) } else { Err(corrupt("the same random code twice")) }
    }
}

#[async_trait]
impl LoginCodes for FlowTable {
    async fn redeem(&self, code: &SecretHash, now: Timestamp) -> Result<Option<LoginGrant>, StoreError> {
        let update = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(code_key(code).attributes()))
            .update_expression("SET usedAt = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(usedAt) AND expiresAt > :seconds")
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":seconds", n(now.as_secs()))
            .return_values(ReturnValue::AllNew);
        let item = match update.send().await {
            Ok(output) => output.attributes.ok_or_else(|| corrupt("a code without what it stands for"))?,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                return Ok(None);
            }
            Err(error) => return Err(store_error(error)),
        };
        let CodeItem { key: _, user_id, binding, expires_at } = from_item(item)?;
        let expires_at = Timestamp::from_millis(expires_at * 1_000);
        Ok(Some(LoginGrant { user_id, binding: SecretHash::stored(binding), expires_at }))
    }
}
