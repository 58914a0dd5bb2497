-- What a customer bought first, and how they first paid: attributes of the sale that a later plan
-- change may not rewrite. The main plan is taken before an add-on, then the largest amount.
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

billing_customers as (

    select * from {{ ref('stg_billing__billing_customers') }}

),

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

pieces_ranked as (

    select
        pieces.customer_key,
        pieces.piece_start_date as first_paid_date,
        pieces.plan_id,
        plans.name as plan_name,
        plans.product,
        case
            when pieces.interval_unit = 'month' and mod(pieces.interval_count, 12) = 0 then 'year'
            else pieces.interval_unit
        end as billing_interval,
        row_number() over (
            partition by pieces.customer_key
            order by
                pieces.piece_start_date nulls last,
                case when plans.is_addon then 1 else 0 end nulls last,
                pieces.mrr_native desc nulls last,
                pieces.piece_key nulls last
        ) as pick
    from pieces
    left join plans
        on pieces.source_system = plans.source_system and pieces.plan_id = plans.plan_id
    where pieces.mrr_native > 0 and pieces.piece_start_date <= {{ as_of() }}

),

methods as (

    select
        identified.customer_key,
        1 as source_rank,
        payments.paid_date as known_date,
        payments.method
    from payments
    inner join identified
        on
            payments.source_system = identified.source_system
            and payments.billing_customer_id = identified.source_id
    where payments.method is not null and payments.paid_date <= {{ as_of() }}
    union all
    select
        identified.customer_key,
        2 as source_rank,
        billing_customers.created_date as known_date,
        billing_customers.payment_method as method
    from billing_customers
    inner join identified on billing_customers.record_key = identified.record_key
    where billing_customers.payment_method is not null

),

methods_ranked as (

    select
        customer_key,
        method,
        row_number() over (
            partition by customer_key
            order by source_rank nulls last, known_date nulls last, method nulls last
        ) as pick
    from methods

),

first_paid as (

    select
        cast(pieces_ranked.customer_key as string) as customer_key,
        cast(pieces_ranked.first_paid_date as date) as first_paid_date,
        cast(pieces_ranked.plan_id as string) as plan_id,
        cast(coalesce(pieces_ranked.plan_name, pieces_ranked.plan_id) as string) as plan_name,
        cast(pieces_ranked.product as string) as product,
        cast(pieces_ranked.billing_interval as string) as billing_interval,
        cast(methods_ranked.method as string) as payment_method
    from pieces_ranked
    left join methods_ranked
        on pieces_ranked.customer_key = methods_ranked.customer_key and methods_ranked.pick = 1
    where pieces_ranked.pick = 1

)

select * from first_paid
