-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with crm__accounts as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__accounts'),
                ref('stg_control__deliveries'),
                'crm.accounts',
                columns={'said_hash': said_hash([
                    'account_id',
                    'kind',
                    'name',
                    'name_kana',
                    'corporate_number',
                    'invoice_registration_number',
                    'parent_account_id',
                    'industry',
                    'capital',
                    'employees',
                    'listed',
                    'fiscal_month',
                    'url',
                    'phone',
                    'email',
                    'postal_code',
                    'prefecture',
                    'address',
                    'birth_date',
                    'gender',
                    'region',
                    'owner',
                    'acquisition_channel',
                    'campaign_id',
                    'billing_customer_id',
                    'created_date',
                    'is_deleted',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__accounts'),
            'crm.accounts',
        ) | indent(4)
    }}

),

crm__contacts as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__contacts'),
                ref('stg_control__deliveries'),
                'crm.contacts',
                columns={'said_hash': said_hash([
                    'contact_id',
                    'account_id',
                    'name',
                    'name_kana',
                    'title',
                    'department',
                    'email',
                    'phone',
                    'is_primary',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__contacts'),
            'crm.contacts',
        ) | indent(4)
    }}

),

crm__deals as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__deals'),
                ref('stg_control__deliveries'),
                'crm.deals',
                columns={'said_hash': said_hash([
                    'deal_id',
                    'account_id',
                    'deal_type',
                    'name',
                    'stage',
                    'stage_changed_date',
                    'probability',
                    'amount_native',
                    'currency',
                    'expected_close_date',
                    'closed_date',
                    'outcome',
                    'lost_reason',
                    'contract_id',
                    'owner',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__deals'),
            'crm.deals',
        ) | indent(4)
    }}

),

crm__interactions as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__interactions'),
                ref('stg_control__deliveries'),
                'crm.interactions',
                columns={'said_hash': said_hash([
                    'interaction_id',
                    'account_id',
                    'contact_id',
                    'kind',
                    'direction',
                    'at',
                    'owner',
                    'note',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__interactions'),
            'crm.interactions',
        ) | indent(4)
    }}

),

crm__campaigns as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__campaigns'),
                ref('stg_control__deliveries'),
                'crm.campaigns',
                columns={'said_hash': said_hash([
                    'campaign_id',
                    'name',
                    'channel',
                    'start_date',
                    'end_date',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__campaigns'),
            'crm.campaigns',
        ) | indent(4)
    }}

),

crm__campaign_costs as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__campaign_costs'),
                ref('stg_control__deliveries'),
                'crm.campaign_costs',
                columns={'said_hash': said_hash([
                    'campaign_id',
                    'month',
                    'purpose',
                    'cost_native',
                    'currency',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__campaign_costs'),
            'crm.campaign_costs',
        ) | indent(4)
    }}

),

crm__consents as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'crm__consents'),
                ref('stg_control__deliveries'),
                'crm.consents',
                columns={'said_hash': said_hash([
                    'account_id',
                    'contact_id',
                    'channel',
                    'granted',
                    'changed_at',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_crm__consents'),
            'crm.consents',
        ) | indent(4)
    }}

),

billing__billing_customers as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__billing_customers'),
                ref('stg_control__deliveries'),
                'billing.billing_customers',
                columns={'said_hash': said_hash([
                    'billing_customer_id',
                    'account_id',
                    'name',
                    'name_kana',
                    'email',
                    'phone',
                    'postal_code',
                    'address',
                    'corporate_number',
                    'payment_method',
                    'payment_terms',
                    'created_date',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__billing_customers'),
            'billing.billing_customers',
        ) | indent(4)
    }}

),

billing__plans as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__plans'),
                ref('stg_control__deliveries'),
                'billing.plans',
                columns={'said_hash': said_hash([
                    'plan_id',
                    'name',
                    'product',
                    'plan_rank',
                    'is_addon',
                    'interval_unit',
                    'interval_count',
                    'list_price_native',
                    'currency',
                    'tax_rate',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__plans'),
            'billing.plans',
        ) | indent(4)
    }}

),

billing__subscriptions as (

    {{
        row_outcomes(
            "select * from " ~ ref('stg_billing__subscription_versions'),
            ref('stg_billing__subscriptions'),
            'billing.subscriptions',
            record=['source_system', 'contract_id', 'line_id', 'record_start_date'],
            is_deleted='staging.deleted_in_source_date is not null',
            is_ignored='is_other_history',
        ) | indent(4)
    }}

),

billing__subscription_pauses as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__subscription_pauses'),
                ref('stg_control__deliveries'),
                'billing.subscription_pauses',
                columns={'said_hash': said_hash([
                    'contract_id',
                    'pause_start_date',
                    'pause_end_date',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__subscription_pauses'),
            'billing.subscription_pauses',
        ) | indent(4)
    }}

),

billing__subscription_discounts as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__subscription_discounts'),
                ref('stg_control__deliveries'),
                'billing.subscription_discounts',
                columns={'said_hash': said_hash([
                    'contract_id',
                    'line_id',
                    'discount_id',
                    'percent',
                    'amount_native',
                    'start_date',
                    'end_date',
                    'max_invoices',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__subscription_discounts'),
            'billing.subscription_discounts',
        ) | indent(4)
    }}

),

billing__cancel_requests as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__cancel_requests'),
                ref('stg_control__deliveries'),
                'billing.cancel_requests',
                columns={'said_hash': said_hash([
                    'contract_id',
                    'requested_at',
                    'effective_date',
                    'withdrawn_at',
                    'reason_code',
                    'reason_text',
                    'initiated_by',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__cancel_requests'),
            'billing.cancel_requests',
        ) | indent(4)
    }}

),

billing__invoices as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__invoices'),
                ref('stg_control__deliveries'),
                'billing.invoices',
                columns={'said_hash': said_hash([
                    'invoice_id',
                    'billing_customer_id',
                    'contract_id',
                    'issue_date',
                    'due_date',
                    'currency',
                    'subtotal_native',
                    'tax_native',
                    'total_native',
                    'balance_native',
                    'paid_date',
                    'status',
                    'payment_method',
                    'document_type',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__invoices'),
            'billing.invoices',
        ) | indent(4)
    }}

),

billing__invoice_lines as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__invoice_lines'),
                ref('stg_control__deliveries'),
                'billing.invoice_lines',
                columns={'said_hash': said_hash([
                    'invoice_id',
                    'line_no',
                    'contract_id',
                    'plan_id',
                    'line_type',
                    'description',
                    'quantity',
                    'amount_native',
                    'tax_rate',
                    'service_start_date',
                    'service_end_date',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__invoice_lines'),
            'billing.invoice_lines',
        ) | indent(4)
    }}

),

billing__payments as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__payments'),
                ref('stg_control__deliveries'),
                'billing.payments',
                columns={'said_hash': said_hash([
                    'payment_id',
                    'billing_customer_id',
                    'invoice_id',
                    'paid_date',
                    'amount_native',
                    'currency',
                    'method',
                    'payer_name_kana',
                    'fee_native',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__payments'),
            'billing.payments',
        ) | indent(4)
    }}

),

billing__payment_attempts as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__payment_attempts'),
                ref('stg_control__deliveries'),
                'billing.payment_attempts',
                columns={'said_hash': said_hash([
                    'attempt_id',
                    'invoice_id',
                    'attempted_at',
                    'result',
                    'failure_code',
                    'amount_native',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__payment_attempts'),
            'billing.payment_attempts',
        ) | indent(4)
    }}

),

billing__credit_notes as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__credit_notes'),
                ref('stg_control__deliveries'),
                'billing.credit_notes',
                columns={'said_hash': said_hash([
                    'credit_note_id',
                    'invoice_id',
                    'billing_customer_id',
                    'issue_date',
                    'amount_native',
                    'tax_native',
                    'reason',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__credit_notes'),
            'billing.credit_notes',
        ) | indent(4)
    }}

),

billing__refunds as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__refunds'),
                ref('stg_control__deliveries'),
                'billing.refunds',
                columns={'said_hash': said_hash([
                    'refund_id',
                    'payment_id',
                    'refunded_date',
                    'amount_native',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__refunds'),
            'billing.refunds',
        ) | indent(4)
    }}

),

billing__bank_transactions as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__bank_transactions'),
                ref('stg_control__deliveries'),
                'billing.bank_transactions',
                columns={'said_hash': said_hash([
                    'transaction_id',
                    'booked_date',
                    'amount_native',
                    'currency',
                    'payer_name',
                    'payer_name_kana',
                    'memo',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__bank_transactions'),
            'billing.bank_transactions',
        ) | indent(4)
    }}

),

billing__control_totals as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'billing__control_totals'),
                ref('stg_control__deliveries'),
                'billing.control_totals',
                columns={'said_hash': said_hash([
                    'month',
                    'currency',
                    'total_native',
                    'document_count',
                    'credited_native',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_billing__control_totals'),
            'billing.control_totals',
        ) | indent(4)
    }}

),

inquiry__tickets as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'inquiry__tickets'),
                ref('stg_control__deliveries'),
                'inquiry.tickets',
                columns={'said_hash': said_hash([
                    'ticket_id',
                    'account_id',
                    'billing_customer_id',
                    'requester_email',
                    'requester_name',
                    'channel',
                    'subject',
                    'body',
                    'topic',
                    'is_complaint',
                    'priority',
                    'status',
                    'assignee',
                    'asked_at',
                    'first_reply_at',
                    'resolved_at',
                    'csat',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_inquiry__tickets'),
            'inquiry.tickets',
        ) | indent(4)
    }}

),

inquiry__ticket_events as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'inquiry__ticket_events'),
                ref('stg_control__deliveries'),
                'inquiry.ticket_events',
                columns={'said_hash': said_hash([
                    'ticket_id',
                    'event_at',
                    'kind',
                    'actor',
                    'value',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_inquiry__ticket_events'),
            'inquiry.ticket_events',
        ) | indent(4)
    }}

),

inquiry__surveys as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'inquiry__surveys'),
                ref('stg_control__deliveries'),
                'inquiry.surveys',
                columns={'said_hash': said_hash([
                    'response_id',
                    'account_id',
                    'email',
                    'survey',
                    'answered_at',
                    'nps',
                    'csat',
                    'comment',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_inquiry__surveys'),
            'inquiry.surveys',
        ) | indent(4)
    }}

),

usage__usage_days as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'usage__usage_days'),
                ref('stg_control__deliveries'),
                'usage.usage_days',
                columns={'said_hash': said_hash([
                    'account_id',
                    'billing_customer_id',
                    'date',
                    'feature',
                    'active_users',
                    'events',
                    'seats_used',
                    'quantity',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_usage__usage_days'),
            'usage.usage_days',
        ) | indent(4)
    }}

),

reference__fx_rates as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'reference__fx_rates'),
                ref('stg_control__deliveries'),
                'reference.fx_rates',
                columns={'said_hash': said_hash([
                    'date',
                    'from_currency',
                    'to_currency',
                    'rate',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_reference__fx_rates'),
            'reference.fx_rates',
        ) | indent(4)
    }}

),

reference__company_calendar as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'reference__company_calendar'),
                ref('stg_control__deliveries'),
                'reference.company_calendar',
                columns={'said_hash': said_hash([
                    'date',
                    'is_closed',
                    'name',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_reference__company_calendar'),
            'reference.company_calendar',
        ) | indent(4)
    }}

),

reference__targets as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'reference__targets'),
                ref('stg_control__deliveries'),
                'reference.targets',
                columns={'said_hash': said_hash([
                    'metric',
                    'month',
                    'value',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_reference__targets'),
            'reference.targets',
        ) | indent(4)
    }}

),

reference__churn_reason_map as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'reference__churn_reason_map'),
                ref('stg_control__deliveries'),
                'reference.churn_reason_map',
                columns={'said_hash': said_hash([
                    'code',
                    'label_ja',
                    'label_en',
                    'group',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_reference__churn_reason_map'),
            'reference.churn_reason_map',
        ) | indent(4)
    }}

),

reference__inquiry_topic_map as (

    {{
        row_outcomes(
            landed_versions(
                source('landed', 'reference__inquiry_topic_map'),
                ref('stg_control__deliveries'),
                'reference.inquiry_topic_map',
                columns={'said_hash': said_hash([
                    'pattern',
                    'topic',
                    'extra',
                    'is_tombstone',
                ])},
            ),
            ref('stg_reference__inquiry_topic_map'),
            'reference.inquiry_topic_map',
        ) | indent(4)
    }}

),

landed_rows as (

    select * from crm__accounts
    union all
    select * from crm__contacts
    union all
    select * from crm__deals
    union all
    select * from crm__interactions
    union all
    select * from crm__campaigns
    union all
    select * from crm__campaign_costs
    union all
    select * from crm__consents
    union all
    select * from billing__billing_customers
    union all
    select * from billing__plans
    union all
    select * from billing__subscriptions
    union all
    select * from billing__subscription_pauses
    union all
    select * from billing__subscription_discounts
    union all
    select * from billing__cancel_requests
    union all
    select * from billing__invoices
    union all
    select * from billing__invoice_lines
    union all
    select * from billing__payments
    union all
    select * from billing__payment_attempts
    union all
    select * from billing__credit_notes
    union all
    select * from billing__refunds
    union all
    select * from billing__bank_transactions
    union all
    select * from billing__control_totals
    union all
    select * from inquiry__tickets
    union all
    select * from inquiry__ticket_events
    union all
    select * from inquiry__surveys
    union all
    select * from usage__usage_days
    union all
    select * from reference__fx_rates
    union all
    select * from reference__company_calendar
    union all
    select * from reference__targets
    union all
    select * from reference__churn_reason_map
    union all
    select * from reference__inquiry_topic_map

),

counted as (

    select
        cast(delivery_id as string) as delivery_id,
        cast(entity as string) as entity,
        cast(outcome as string) as outcome,
        cast(count(*) as bigint) as row_count,
        {{ policy_columns() }}
    from landed_rows
    group by delivery_id, entity, outcome

)

select * from counted
