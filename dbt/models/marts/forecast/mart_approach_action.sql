{#- an approach has worked when the customer is still there this long after -#}
{%- set watched_days = 90 %}
with recorded as (

    select * from {{ source('control', 'approach_actions') }}
    where acted_on <= {{ as_of() }}

),

churns as (

    select * from {{ ref('fct_churn_event') }}

),

lost as (

    select
        recorded.approach_key,
        min(churns.churned_on) as churned_on
    from recorded
    inner join churns on recorded.customer_key = churns.customer_key
    where
        churns.churned_on >= recorded.acted_on
        and churns.churned_on <= {{ add_days('recorded.acted_on', watched_days) }}
        and churns.churned_on <= {{ as_of() }}
    group by recorded.approach_key

),

actions as (

    select
        cast(recorded.approach_key as string) as approach_key,
        cast(recorded.customer_key as string) as customer_key,
        cast(recorded.acted_on as date) as acted_on,
        cast(recorded.action_code as string) as action_code,
        cast(recorded.outcome_code as string) as outcome_code,
        cast(recorded.note as string) as note,
        cast(recorded.decided_by as string) as recorded_by,
        cast(recorded.decided_at as string) as recorded_at,
        cast({{ add_days('recorded.acted_on', watched_days) }} <= {{ as_of() }} as boolean)
            as is_watched_90d,
        cast(
            case
                when lost.approach_key is not null then false
                when {{ add_days('recorded.acted_on', watched_days) }} <= {{ as_of() }} then true
            end as boolean
        ) as is_retained_90d,
        cast(lost.churned_on as date) as churned_on,
        {{ policy_columns() }}
    from recorded
    left join lost on recorded.approach_key = lost.approach_key

)

select * from actions
