-- A projection that rises, or that forgets what was observed, would promise customers who left.
with projection as (

    select * from {{ ref('mart_retention_projection') }}

),

stepped as (

    select
        projection.*,
        lag(projected_survival_rate) over (
            partition by segment_attribute, segment_value order by months_since_first nulls last
        ) as rate_before
    from projection

),

impossible as (

    select
        segment_attribute,
        segment_value,
        months_since_first
    from stepped
    where
        projected_survival_rate > coalesce(rate_before, 1)
        or projected_survival_rate < 0
        or (not is_extrapolated and projected_survival_rate <> observed_survival_rate)
        or (model is null) <> (projected_survival_rate is null)
        or (model is null) <> (model_null_reason is not null)

)

select * from impossible
