//! What schedules call, as `template.yaml` has it.

use bloghub::template::Template;
use serde_yaml_ng::Value;

use crate::file;

#[test]
fn the_sweep_runs_as_often_as_its_first_line_says_and_has_twice_the_time_after_which_it_begins_nothing() {
    let template: Value = serde_yaml_ng::from_str(&file("template.yaml")).unwrap();
    let properties = &template["Resources"]["SweepFunction"]["Properties"];
    assert_eq!(properties["Events"]["Schedule"]["Type"], "ScheduleV2");
    let schedules = Template::read().unwrap().sources().unwrap().schedules;
    let rate = &schedules.iter().find(|schedule| schedule.function == "sweep").unwrap().expression;
    assert!(file("functions/sweep/src/lib.rs").lines().next().unwrap().contains(&format!("`{rate}`")), "{rate}");
    assert_eq!(properties["Timeout"].as_u64(), Some(2 * sweep::BUDGET.as_secs()));
}

#[test]
fn views_are_drained_as_often_as_the_functions_first_line_says_and_a_run_has_twice_the_time_after_which_it_begins_nothing()
 {
    let template: Value = serde_yaml_ng::from_str(&file("template.yaml")).unwrap();
    let properties = &template["Resources"]["ViewDrainFunction"]["Properties"];
    assert_eq!(properties["Events"]["Schedule"]["Type"], "ScheduleV2");
    let schedules = Template::read().unwrap().sources().unwrap().schedules;
    let rate = &schedules.iter().find(|schedule| schedule.function == "view-drain").unwrap().expression;
    assert!(file("functions/view-drain/src/lib.rs").lines().next().unwrap().contains(&format!("`{rate}`")), "{rate}");
    assert_eq!(properties["Timeout"].as_u64(), Some(2 * view_drain::BUDGET.as_secs()));
}

#[test]
fn messages_are_looked_after_as_often_as_the_functions_first_line_says_and_no_run_outlasts_the_next() {
    let template: Value = serde_yaml_ng::from_str(&file("template.yaml")).unwrap();
    let properties = &template["Resources"]["SmsResendFunction"]["Properties"];
    assert_eq!(properties["Events"]["Schedule"]["Type"], "ScheduleV2");
    let schedules = Template::read().unwrap().sources().unwrap().schedules;
    let rate = &schedules.iter().find(|schedule| schedule.function == "sms-resend").unwrap().expression;
    assert!(file("functions/sms-resend/src/lib.rs").lines().next().unwrap().contains(&format!("`{rate}`")), "{rate}");
    assert!(properties["Timeout"].as_u64().unwrap() < 60);
}

#[test]
fn the_hot_list_is_made_as_often_as_the_functions_first_line_says_and_no_run_outlasts_the_next() {
    let template: Value = serde_yaml_ng::from_str(&file("template.yaml")).unwrap();
    let properties = &template["Resources"]["RankingCronFunction"]["Properties"];
    assert_eq!(properties["Events"]["Schedule"]["Type"], "ScheduleV2");
    let schedules = Template::read().unwrap().sources().unwrap().schedules;
    let rate = &schedules.iter().find(|schedule| schedule.function == "ranking-cron").unwrap().expression;
    assert!(file("functions/ranking-cron/src/lib.rs").lines().next().unwrap().contains(&format!("`{rate}`")), "{rate}");
    let timeout = properties["Timeout"].as_u64().unwrap();
    assert!(timeout < 60 && ranking_cron::LIFE.as_secs() < timeout);
}

#[test]
fn a_dispatcher_ends_before_anybody_else_may_take_its_messages() {
    let template: Value = serde_yaml_ng::from_str(&file("template.yaml")).unwrap();
    let timeout = template["Resources"]["SmsDispatchFunction"]["Properties"]["Timeout"].as_u64().unwrap();
    assert!(sms_dispatch::DEADLINE.as_secs() < timeout && timeout < sms_dispatch::CLAIM.as_secs());
}
