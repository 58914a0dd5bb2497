-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'inquiry__tickets') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'inquiry__tickets'),
            ref('stg_control__deliveries'),
            'inquiry.tickets',
            coverage_dates={
                'asked_at': local_date('landed.asked_at'),
                'first_reply_at': local_date('landed.first_reply_at'),
                'resolved_at': local_date('landed.resolved_at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.ticket_id as string) as ticket_id,
        cast(landed.account_id as string) as account_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.requester_email as string) as requester_email,
        cast(landed.requester_name as string) as requester_name,
        cast(landed.channel as string) as channel,
        cast(landed.subject as string) as subject,
        cast(landed.body as string) as body,
        cast(landed.topic as string) as topic,
        cast(landed.is_complaint as boolean) as is_complaint,
        cast(landed.priority as string) as priority,
        cast(landed.status as string) as status,
        cast(landed.assignee as string) as assignee,
        cast(landed.asked_at as timestamp) as asked_at,
        cast(landed.first_reply_at as timestamp) as first_reply_at,
        cast(landed.resolved_at as timestamp) as resolved_at,
        cast(landed.csat as decimal(18, 6)) as csat,
        cast(landed.requester_email_folded as string) as requester_email_folded,
        cast(landed.requester_name_folded as string) as requester_name_folded,
        cast(landed.extra as string) as extra,
        cast(landed.source_system as string) as source_system,
        cast(landed.delivery_id as string) as delivery_id,
        cast(landed.source_sheet as string) as source_sheet,
        cast(landed.source_row as bigint) as source_row,
        cast(landed.source_updated_at as timestamp) as source_updated_at,
        cast(landed.record_key as string) as record_key
    from landed
    inner join current_versions on {{ same_row('landed', 'current_versions') }}

)

select * from typed
