with churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

first_paid as (

    select * from {{ ref('int_customers_first_paid') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

reasons as (

    select * from {{ ref('int_churn_reasons_labelled') }}

),

inquiries as (

    select * from {{ ref('int_inquiries_answered') }}

),

-- the 90 days that end on the last day of service
inquiries_counted as (

    select
        churns.churn_key,
        count(*) as inquiry_count,
        sum(case when inquiries.is_complaint then 1 else 0 end) as complaint_count,
        max(inquiries.asked_date) as last_inquiry_date
    from churns
    inner join inquiries on churns.customer_key = inquiries.customer_key
    where
        inquiries.asked_date <= churns.churned_on
        and inquiries.asked_date > {{ add_days('churns.churned_on', -90) }}
    group by churns.churn_key

),

analysed as (

    select
        cast(churns.churn_key as string) as churn_key,
        cast(churns.customer_key as string) as customer_key,
        cast(churns.month as date) as month,
        cast(churns.churned_on as date) as churned_on,
        cast(churns.churn_kind as string) as churn_kind,
        cast(churns.is_while_paused as boolean) as is_while_paused,
        cast(coalesce(churns.reason_code, 'none') as string) as reason_code,
        cast(reasons.reason_label_ja as string) as reason_label_ja,
        cast(reasons.reason_label_en as string) as reason_label_en,
        cast(reasons.reason_group as string) as reason_group,
        cast(churns.reason_text as string) as reason_text,
        cast(churns.initiated_by as string) as initiated_by,
        cast(churns.requested_date as date) as requested_date,
        -- a request written down after the end gave nobody any warning
        cast(
            case
                when churns.requested_date <= churns.churned_on
                    then {{ days_between('churns.requested_date', 'churns.churned_on') }}
            end as bigint
        ) as request_lag_days,
        cast(first_paid.first_paid_date as date) as first_paid_date,
        cast({{ days_between('first_paid.first_paid_date', 'churns.churned_on') }} + 1 as bigint)
            as tenure_days,
        cast({{ months_between('first_paid.first_paid_date', 'churns.month') }} as bigint)
            as tenure_months,
        cast(churns.contract_id as string) as contract_id,
        cast(churns.plan_id as string) as plan_id,
        cast(coalesce(plans.name, churns.plan_id) as string) as plan_name,
        {{ money('churns.mrr_lost') }} as mrr_lost,
        cast(coalesce(inquiries_counted.inquiry_count, 0) as bigint) as inquiry_90d_count,
        cast(coalesce(inquiries_counted.complaint_count, 0) as bigint) as complaint_90d_count,
        cast(inquiries_counted.last_inquiry_date as date) as last_inquiry_date,
        {{ policy_columns() }}
    from churns
    left join first_paid on churns.customer_key = first_paid.customer_key
    left join plans
        on churns.source_system = plans.source_system and churns.plan_id = plans.plan_id
    left join reasons on churns.reason_code = reasons.reason_code
    left join inquiries_counted on churns.churn_key = inquiries_counted.churn_key

)

select * from analysed
