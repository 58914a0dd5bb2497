with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

-- what a customer pays for on the day of the run; an earlier plan it was changed from is no
-- second product
held as (

    select distinct
        pieces.customer_key,
        coalesce(plans.name, pieces.plan_id) as plan_name
    from pieces
    left join plans
        on pieces.source_system = plans.source_system and pieces.plan_id = plans.plan_id
    where
        pieces.mrr_native > 0
        and pieces.piece_start_date <= {{ as_of() }}
        and (pieces.piece_end_excl is null or pieces.piece_end_excl > {{ as_of() }})
        and coalesce(plans.name, pieces.plan_id) is not null

),

everybody as (

    select count(distinct customer_key) as customer_count from held

),

holders as (

    select
        plan_name,
        count(*) as customer_count
    from held
    group by plan_name

),

together as (

    select
        held.plan_name as plan_name_a,
        others.plan_name as plan_name_b,
        count(*) as customer_count
    from held
    inner join held as others
        on held.customer_key = others.customer_key and held.plan_name < others.plan_name
    group by held.plan_name, others.plan_name

),

affinity as (

    select
        cast(together.plan_name_a as string) as plan_name_a,
        cast(together.plan_name_b as string) as plan_name_b,
        cast(everybody.customer_count as bigint) as customer_count,
        cast(holders_a.customer_count as bigint) as customer_a_count,
        cast(holders_b.customer_count as bigint) as customer_b_count,
        cast(together.customer_count as bigint) as customer_both_count,
        {{ divide('together.customer_count', 'everybody.customer_count') }} as support_rate,
        {{ divide('together.customer_count', 'holders_a.customer_count') }} as b_given_a_rate,
        {{ divide('together.customer_count', 'holders_b.customer_count') }} as a_given_b_rate,
        {{ divide(
            'cast(together.customer_count * everybody.customer_count as decimal(20, 0))',
            'cast(holders_a.customer_count * holders_b.customer_count as decimal(20, 0))'
        ) }} as lift_ratio,
        {{ policy_columns() }}
    from together
    cross join everybody
    inner join holders as holders_a on together.plan_name_a = holders_a.plan_name
    inner join holders as holders_b on together.plan_name_b = holders_b.plan_name

)

select * from affinity
