with fitted as (

    select * from {{ source('forecast', 'retention_model') }}

),

models as (

    select
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        cast(customer_count as bigint) as customer_count,
        cast(cohort_count as bigint) as cohort_count,
        cast(lapsed_count as bigint) as lapsed_count,
        cast(observed_months as bigint) as observed_months,
        cast(model as string) as model,
        cast(model_null_reason as string) as model_null_reason,
        cast(theta as double) as theta,
        cast(alpha as double) as alpha,
        cast(beta as double) as beta,
        cast(shape as double) as shape,
        cast(log_likelihood as double) as log_likelihood,
        cast(held_back_months as bigint) as held_back_months,
        {{ rate_of_double('held_back_error_rate') }} as held_back_error_rate,
        {{ rate_of_double('geometric_error_rate') }} as geometric_error_rate,
        {{ rate_of_double('sbg_error_rate') }} as sbg_error_rate,
        {{ rate_of_double('bdw_error_rate') }} as bdw_error_rate,
        cast(expected_lifetime_months as decimal(18, 6)) as expected_lifetime_months,
        cast(expected_lifetime_months_null_reason as string)
            as expected_lifetime_months_null_reason,
        cast({{ var('ltv_horizon_months') }} as bigint) as ltv_horizon_months,
        cast(horizon_lifetime_months as decimal(18, 6)) as horizon_lifetime_months,
        cast(model_null_reason as string) as horizon_lifetime_months_null_reason,
        {{ rate_of_double('horizon_lifetime_extrapolated_rate') }}
            as horizon_lifetime_extrapolated_rate,
        {{ money('arpa') }} as arpa,
        cast({{ var('gross_margin_rate') }} as decimal(18, 6)) as gross_margin_rate,
        {{ money('ltv_projected') }} as ltv_projected,
        cast(ltv_projected_null_reason as string) as ltv_projected_null_reason,
        {{ rate_of_double('ltv_projected_extrapolated_rate') }}
            as ltv_projected_extrapolated_rate,
        {{ policy_columns() }}
    from fitted

)

select * from models
