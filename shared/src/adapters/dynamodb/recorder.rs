//! Watches every call of a client: counts it, notes what it is charged, and refuses what the function has no permission for.

use std::{collections::HashMap, fmt, slice, sync::Arc};

use aws_sdk_dynamodb::{
    operation::{
        batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
        batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput},
        delete_item::{DeleteItemInput, DeleteItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
        scan::{ScanInput, ScanOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::{ConsumedCapacity, ReturnConsumedCapacity, TransactWriteItem},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef, Input, Output},
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::store::TableNames;
use crate::{adapters::calls::Calls, ports::permission::Permission};

/// An interceptor for the SDK's client.
pub struct Recorder {
    calls: Arc<Calls>,
    tables: TableNames,
    granted: Option<Vec<Permission>>,
}

impl Recorder {
    /// Records into `calls`. With `granted`, a call beyond it fails before it is sent, as IAM would refuse it.
    pub fn new(calls: Arc<Calls>, tables: TableNames, granted: Option<Vec<Permission>>) -> Self {
        Self { calls, tables, granted }
    }

    fn permission(&self, table: &str, action: &'static str) -> Result<Permission, BoxError> {
        let table =
            self.tables.table(table).ok_or_else(|| format!("{action} on {table:?}, which is no table of ours"))?;
        Ok(if action == OF_AN_INDEX { Permission::index(table) } else { Permission::new(table, action) })
    }
}

/// The action of a query that is none of the table itself: IAM knows it as a query of another resource.
const OF_AN_INDEX: &str = "Query of an index";

fn query(input: &QueryInput) -> Touched<'_> {
    let action = if input.index_name().is_some() { OF_AN_INDEX } else { "Query" };
    input.table_name().map(|table| (table, action)).into_iter().collect()
}

/// One table, a batch's tables, or a transaction's parts: what an input touches, and by which action.
type Touched<'a> = Vec<(&'a str, &'static str)>;

fn batch<'a, T>(tables: Option<&'a HashMap<String, T>>, action: &'static str) -> Touched<'a> {
    tables.into_iter().flat_map(HashMap::keys).map(|table| (table.as_str(), action)).collect()
}

fn transaction(input: &TransactWriteItemsInput) -> Touched<'_> {
    fn part(item: &TransactWriteItem) -> Touched<'_> {
        let put = item.put().map(|put| (put.table_name(), "PutItem"));
        let update = item.update().map(|update| (update.table_name(), "UpdateItem"));
        let delete = item.delete().map(|delete| (delete.table_name(), "DeleteItem"));
        let check = item.condition_check().map(|check| (check.table_name(), "ConditionCheckItem"));
        [put, update, delete, check].into_iter().flatten().collect()
    }
    input.transact_items().iter().flat_map(part).collect()
}

/// For each operation that the adapters use: its name, its input and output, what the input touches, what the output says
/// it was charged.
macro_rules! operations {
    ($($name:literal: $input:ident => $touched:expr, $output:ident => $charged:expr;)*) => {
        /// Asks for the consumed capacity, and tells which operation the input is of and what it touches.
        fn inspect(input: &mut Input) -> Result<(&'static str, Touched<'_>), BoxError> {
            $(if input.downcast_ref::<$input>().is_some() {
                let input = input.downcast_mut::<$input>().ok_or("the input changed its type")?;
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                let touched: fn(&$input) -> Touched<'_> = $touched;
                return Ok(($name, touched(input)));
            })*
            Err("an operation that the recorder does not know".into())
        }

        /// Tells which operation the output is of, and what it was charged.
        fn charges(output: &Output) -> Option<(&'static str, f64)> {
            $(if let Some(output) = output.downcast_ref::<$output>() {
                let charged: fn(&$output) -> &[ConsumedCapacity] = $charged;
                return Some(($name, charged(output).iter().filter_map(ConsumedCapacity::capacity_units).sum()));
            })*
            None
        }
    };
}

operations! {
    "GetItem": GetItemInput => |i| i.table_name().map(|t| (t, "GetItem")).into_iter().collect(),
        GetItemOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "PutItem": PutItemInput => |i| i.table_name().map(|t| (t, "PutItem")).into_iter().collect(),
        PutItemOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "UpdateItem": UpdateItemInput => |i| i.table_name().map(|t| (t, "UpdateItem")).into_iter().collect(),
        UpdateItemOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "DeleteItem": DeleteItemInput => |i| i.table_name().map(|t| (t, "DeleteItem")).into_iter().collect(),
        DeleteItemOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "Query": QueryInput => query,
        QueryOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "Scan": ScanInput => |i| i.table_name().map(|t| (t, "Scan")).into_iter().collect(),
        ScanOutput => |o| o.consumed_capacity().map_or(&[], slice::from_ref);
    "BatchGetItem": BatchGetItemInput => |i| batch(i.request_items(), "BatchGetItem"),
        BatchGetItemOutput => |o| o.consumed_capacity();
    "BatchWriteItem": BatchWriteItemInput => |i| batch(i.request_items(), "BatchWriteItem"),
        BatchWriteItemOutput => |o| o.consumed_capacity();
    "TransactWriteItems": TransactWriteItemsInput => transaction,
        TransactWriteItemsOutput => |o| o.consumed_capacity();
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("granted", &self.granted).finish_non_exhaustive()
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (operation, touched) = inspect(context.input_mut())?;
        let needed: Vec<_> =
            touched.into_iter().map(|(table, action)| self.permission(table, action)).collect::<Result<_, _>>()?;
        self.calls.called(operation, &needed);
        let beyond = |granted: &Vec<Permission>| needed.iter().find(|permission| !granted.contains(permission));
        if let Some(denied) = self.granted.as_ref().and_then(beyond) {
            return Err(format!("{denied} is not granted to this function").into());
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some((operation, units)) = context.output_or_error().and_then(Result::ok).and_then(charges) {
            self.calls.charged(operation, units);
        }
        Ok(())
    }
}
