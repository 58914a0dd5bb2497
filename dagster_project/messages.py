"""Every sentence the command line and the runs say, in Japanese and English, in one place.

An error says 何が・どこで・なぜ・どうする: what, where, why, what to do. `where` comes with the
error; the others stand here. Reasons of refused files belong to sources and carry their own texts.
"""

from string import Formatter
from typing import Any

LANGUAGES = ("ja", "en")


class KeizokuError(Exception):
    """Something a person can act on. `code` is a key of ERRORS, `values` fill its text.

    `exit_code`: 1 failed, 2 the command was used wrongly.
    """

    def __init__(self, code: str, *, where: str = "", exit_code: int = 1, **values: Any) -> None:
        super().__init__(code, where, values)
        self.code = code
        self.where = where
        self.exit_code = exit_code
        self.values = {name: str(value) for name, value in values.items()}

    def __str__(self) -> str:
        return one_line(explain(self.code, "en", where=self.where, **self.values))


def say(code: str, lang: str, **values: Any) -> str:
    """The sentence in that language."""
    ja, en = TEXT[code]
    return (ja if lang == "ja" else en).format(**values)


def explain(code: str, lang: str, *, where: str = "", **values: Any) -> dict[str, str]:
    """An error as what, where, why, remedy in that language."""
    what, why, remedy = ERRORS[code][0 if lang == "ja" else 1]
    return {
        "code": code,
        "what": what.format(**values),
        "where": where,
        "why": why.format(**values),
        "remedy": remedy.format(**values),
    }


def headline(code: str, lang: str, **facts: str) -> str:
    """Only what went wrong; `facts` as headline_facts gives them."""
    return ERRORS[code][0 if lang == "ja" else 1][0].format(**facts)


def headline_facts(code: str, values: dict[str, str]) -> dict[str, str]:
    """The values the headline of an error needs: the others may hold what is not for everybody."""
    named = {
        name for texts in ERRORS[code] for _, name, _, _ in Formatter().parse(texts[0]) if name
    }
    return {name: values.get(name, "?") for name in sorted(named)}


def one_line(explained: dict[str, str]) -> str:
    """An explained error on one line, for logs."""
    parts = (explained["what"], explained["where"], explained["why"], explained["remedy"])
    return " / ".join(part for part in parts if part)


# code: (ja, en)
TEXT: dict[str, tuple[str, str]] = {
    "what": ("何が", "What"),
    "where": ("どこで", "Where"),
    "why": ("なぜ", "Why"),
    "remedy": ("どうする", "What to do"),
    "usage_integer": ("整数", "a whole number"),
    "usage_integer_from": ("{least} 以上の整数", "a whole number of {least} or more"),
    "usage_integer_between": (
        "{least} から {most} までの整数",
        "a whole number, {least} to {most}",
    ),
    "usage_text": ("文字", "text"),
    "phase_prepare": ("準備", "Preparing"),
    "phase_land": ("取り込み", "Landing files"),
    "phase_plan": ("変更の確認", "Looking for changes"),
    "phase_staging": ("有効な版の選択（staging）", "Choosing the versions that count (staging)"),
    "phase_identity": ("同一顧客の判定", "Matching customers"),
    "phase_cash": ("入金消込", "Applying payments to invoices"),
    "phase_marts": ("指標の計算と検査（marts）", "Computing and testing the metrics (marts)"),
    "phase_forecast": ("予測", "Forecasting"),
    "phase_forecasts": ("予測の検査", "Testing the forecasts"),
    "phase_publish": ("公開", "Publishing"),
    "waiting_for_run": (
        "別の実行が終わるのを待っています（{purpose}、PID {pid}、{host}、{started_at} 開始）。",
        "Waiting for another run to end ({purpose}, pid {pid}, {host}, since {started_at}).",
    ),
    "run_nothing_new": (
        "新しいデータも設定の変更もありません。公開中の {version} は検査済みで正常です。",
        "Nothing new. Published version {version} was checked and is whole.",
    ),
    "pointed_back": (
        "公開していたのは別の基準日で作った版でした。今の入力の版 {version} を公開しました。",
        "What was published was made as of another day; {version}, of these inputs, is again.",
    ),
    "rolled_back": (
        "公開中は、以前に戻した版です。新しい版に切り替えるには: keizoku publish --to {version}",
        "Published is an older version, gone back to. Newer: keizoku publish --to {version}",
    ),
    "repointed": (
        "公開の指し先 CURRENT が壊れていたため {version} に戻しました。",
        "CURRENT was damaged; it points at {version} again.",
    ),
    "as_of_not_over": (
        "基準日 {as_of} はまだ終わっていません。数字は途中のものです。",
        "The as-of date {as_of} is not over yet; its numbers are preliminary.",
    ),
    "fell_back": (
        "公開版に問題があるため {version} を表示しています（{reason}）。"
        " keizoku rebuild で作り直せます。",
        "A published version is damaged; reading {version} instead ({reason})."
        " `keizoku rebuild` makes it again.",
    ),
    "still_arriving": (
        "受信箱のファイルがまだ増えています。今の内容で取り込みます。",
        "Files in the inbox are still growing; they are taken as they are.",
    ),
    "put_right": ("前回の中断の後始末: {detail}", "Put right after an interruption: {detail}"),
    "runs_failed_as_dead": (
        "停止した実行 {count} 件を「機械の停止により失敗」と記録しました。",
        "Marked {count} run(s) as failed because the machine had stopped.",
    ),
    "home_created": ("会社のホームを作成しました: {home}", "Created the company home {home}"),
    "home_exists": ("既にホームがあります: {home}", "There is a home already: {home}"),
    "home_next": (
        "次は: 書き出したファイルを {inbox}/<システム名>/ に置いて keizoku --home {home} run",
        "Next: put exports into {inbox}/<system>/ and run: keizoku --home {home} run",
    ),
    "demo_written": (
        "デモ会社のファイル {count} 件を {inbox} に書きました（わざと入れた誤り {mistakes} 件）。",
        "Wrote {count} demo files into {inbox} ({mistakes} planted mistakes).",
    ),
    "run_published": (
        "公開しました: {version}（基準日 {as_of}）",
        "Published {version} (as of {as_of})",
    ),
    "pointed": ("公開版を {version} に切り替えました。", "Readers now see {version}."),
    "run_partial": (
        "保留または判別できないファイルが {count} 件あります。ほかは公開しました。",
        "{count} file(s) are held or were not recognised; the rest was published.",
    ),
    "run_took": ("所要時間: {phases}", "Time: {phases}"),
    "files_landed": (
        "取り込み: 有効 {live}・重複 {repeated}・保留 {held}・判別不能 {unrecognised}"
        "（行: 読込 {read} = 取込 {landed} + 隔離 {quarantined} + 重複 {twice}"
        " + 対象外 {filtered}）",
        "Files: {live} live, {repeated} repeated, {held} held, {unrecognised} not recognised"
        " (rows: {read} read = {landed} landed + {quarantined} quarantined + {twice} repeated"
        " + {filtered} filtered)",
    ),
    "no_files": ("取り込むファイルはありませんでした。", "There were no files to land."),
    "held_file": ("保留: {file}（{delivery_id}）", "Held: {file} ({delivery_id})"),
    "waiting_file": ("待機中（取り込んでいません）: {file}", "Waiting, not landed: {file}"),
    "unrecognised_file": ("判別不能: {file}", "Not recognised: {file}"),
    "nearest_mapping": (
        "最も近い設定: {mapping}（足りない列: {missing}）",
        "Nearest mapping: {mapping} (missing columns: {missing})",
    ),
    "accepted": ("{delivery_id} を有効にしました。", "{delivery_id} counts now."),
    "withdrawn": ("{delivery_id} を取り下げました。", "{delivery_id} no longer counts."),
    "run_to_apply": (
        "数字に反映するには keizoku run を実行してください。",
        "Run `keizoku run` to see it in the numbers.",
    ),
    "cash_decided": (
        "記録しました（{action}、{by}）。",
        "Recorded ({action}, by {by}).",
    ),
    "approach_recorded": (
        "記録しました（{action}、{outcome}、{by}）。",
        "Recorded ({action}, {outcome}, by {by}).",
    ),
    "approaches_nothing": ("記録はまだありません。", "Nothing is recorded yet."),
    "col_acted_on": ("実施日", "Acted on"),
    "col_action": ("対応", "Action"),
    "col_outcome": ("結果", "Outcome"),
    "col_by": ("記録者", "By"),
    "cash_nothing": ("該当する入金はありません。", "No such receipt."),
    "col_receipt": ("入金", "Receipt"),
    "col_received_on": ("入金日", "Received"),
    "col_amount": ("金額", "Amount"),
    "col_payer": ("振込人", "Payer"),
    "col_rule": ("規則", "Rule"),
    "col_invoices": ("消込先", "Settles"),
    "col_proposal": ("提案", "Proposal"),
    "map_written": (
        "{path} に書きました。keizoku check {file} で確かめてください。",
        "Written to {path}. Now try `keizoku check {file}`.",
    ),
    "map_undecided": (
        "{path} に書きました。答えるまで使われず、{file} のような名前のファイルは保留されます。",
        "Written to {path}. Until answered it is not used, and files named like {file} are held.",
    ),
    "map_how_to_write": (
        "書き込むには --to mappings/<名前>.yml を付けてください。",
        "To write it, add --to mappings/NAME.yml.",
    ),
    "check_matched": ("設定 {mapping} で読めます。", "Matches the mapping {mapping}."),
    "check_stores_nothing": ("何も保存していません。", "Nothing was stored."),
    "rows_balance": (
        "{entity}: 読込 {read} = 取込 {landed} + 隔離 {quarantined} + 重複 {twice}"
        " + 対象外 {filtered}",
        "{entity}: {read} read = {landed} landed + {quarantined} quarantined + {twice} repeated"
        " + {filtered} filtered",
    ),
    "no_rejects": ("隔離された行はありません。", "No rows are quarantined."),
    "no_deliveries": ("受領したファイルはまだありません。", "No deliveries yet."),
    "no_versions": ("公開された版はまだありません。", "Nothing has been published yet."),
    "rebuilding": (
        "キャッシュを捨て、保管した原本から作り直します。",
        "Dropping the caches and starting again from the kept originals.",
    ),
    "up_starting": (
        "Dagster とダッシュボードを起動しています…",
        "Starting Dagster and dashboards…",
    ),
    "up_ready": ("準備ができました。", "Ready."),
    "up_dashboards": ("ダッシュボード", "Dashboards"),
    "up_dagster": ("Dagster（実行とスケジュール）", "Dagster (runs and schedule)"),
    "up_stop_hint": ("止めるには Ctrl-C を押してください。", "Press Ctrl-C to stop."),
    "up_stopping": ("停止しています…", "Stopping…"),
    "up_first_run_failed": (
        "最初の実行は失敗しました。最後に公開した版を表示します。",
        "The first run failed; the last published version is shown.",
    ),
    "port_taken": (
        "ポート {wanted} は使用中のため {port} を使います。",
        "Port {wanted} is taken; using {port}.",
    ),
    "col_file": ("ファイル", "File"),
    "col_system": ("システム", "System"),
    "col_state": ("状態", "State"),
    "col_delivery": ("受領ID", "Delivery"),
    "col_exported": ("書き出し日時 (UTC)", "Exported (UTC)"),
    "col_received": ("受領日時 (UTC)", "Received (UTC)"),
    "col_rows": ("取込行数", "Rows landed"),
    "col_quarantined": ("隔離行数", "Rows quarantined"),
    "col_row": ("行", "Row"),
    "col_column": ("列", "Column"),
    "col_value": ("値", "Value"),
    "col_reason": ("理由", "Reason"),
    "col_remedy": ("どうする", "What to do"),
    "col_version": ("版", "Version"),
    "col_as_of": ("基準日", "As of"),
    "col_published": ("公開日時 (UTC)", "Published (UTC)"),
    "col_note": ("備考", "Note"),
    "closed": (
        "{month} を締めました（{revision} 回目、月末 MRR {end_mrr}、版 {version}）。",
        "Closed {month} (revision {revision}, MRR at its end {end_mrr}, version {version}).",
    ),
    "no_closes": ("締めた月はまだありません。", "No month is closed yet."),
    "col_month": ("月", "Month"),
    "col_revision": ("回", "Revision"),
    "col_closed_on": ("締め日", "Closed on"),
    "col_end_mrr": ("月末 MRR", "MRR at end"),
    "col_customer": ("顧客", "Customer"),
    "col_before": ("今の方針", "Now"),
    "col_after": ("変えた場合", "Changed"),
    "policy_changes": (
        "{customers} 顧客・{months} 件の顧客月が変わります。",
        "{customers} customer(s) and {months} customer month(s) would change.",
    ),
    "policy_changes_nothing": ("変わる動きはありません。", "No movement would change."),
    "policy_published_nothing": (
        "公開中の版と設定は変えていません。",
        "The published version and the settings are as they were.",
    ),
    "col_metric": ("指標", "Metric"),
    "col_name": ("名前", "Name"),
    "col_unit": ("単位", "Unit"),
    "col_place": ("表と列", "Mart and column"),
    "metric_definition": ("定義", "Definition"),
    "metric_formula": ("計算式", "Formula"),
    "metric_grain": ("粒度", "Grain"),
    "metric_policy": ("方針", "Policy"),
    "metric_tests": ("検査", "Tests"),
    "metric_owner": ("担当", "Owner"),
    "metric_card": ("カード", "Card"),
    "is_current": ("公開中", "current"),
    "is_damaged": ("破損", "damaged"),
    "status_home": ("ホーム", "Home"),
    "status_company": ("会社名", "Company"),
    "status_version": ("公開中の版", "Published version"),
    "status_as_of": ("基準日", "As of"),
    "status_policy": ("方針ID", "Policy id"),
    "status_last_run": ("前回の実行", "Last run"),
    "status_deliveries": ("受領したファイル", "Deliveries"),
    "status_inbox": ("受信箱で待つファイル", "Files waiting in the inbox"),
    "status_running": ("実行中", "Running now"),
    "alert_subject": ("【{company}】要確認: {count} 件", "[{company}] {count} to look at"),
    "alert_subject_recovered": ("【{company}】解消: {count} 件", "[{company}] {count} resolved"),
    "alert_subject_test": ("【{company}】通知のテスト", "[{company}] test of alerts"),
    "alert_test": (
        "keizoku alerts test からの確認です。この文が届けば通知は働いています。",
        "Sent by `keizoku alerts test`. If you can read this, alerts arrive.",
    ),
    "alert_line": ("・{text}\n  {address}", "- {text}\n  {address}"),
    "alert_recovered": ("解消しました: {text}", "Resolved: {text}"),
    "alert_failed_run": (
        "実行が失敗しました（{what}）。公開中の数字は前のままです。",
        "A run failed ({what}). The published figures are those of before.",
    ),
    "alert_held_delivery": (
        "{source} から届いたファイルを保留しています（受領 {delivery}）。",
        "A file of {source} is held (delivery {delivery}).",
    ),
    "alert_unrecognised_file": (
        "判別できないファイルが受信箱に {count} 件あります。",
        "{count} file(s) in the inbox were not recognised.",
    ),
    "alert_stale_source": (
        "{source} の「{entity}」は {through} までです（{days} 日前。限度 {limit_days} 日）。",
        "{source}, {entity}: data through {through} ({days} days ago, limit {limit_days}).",
    ),
    "alert_new_at_risk": (
        "要注意顧客が新たに {count} 社あります（MRR {mrr}）。",
        "{count} customers are newly at risk (MRR {mrr}).",
    ),
    "alert_anomaly_forecast": (
        "{name}（{month}）が {value} で、予測の95%区間 {lower} ～ {upper} の外です。",
        "{name} ({month}) is {value}, outside the 95% interval forecast, {lower} to {upper}.",
    ),
    "alert_anomaly_past": (
        "{name}（{month}）が {value} で、これまでの月から見た範囲 {lower} ～ {upper} の外です。",
        "{name} ({month}) is {value}, outside its usual range, {lower} to {upper}.",
    ),
    "alert_threshold_above": (
        "{name}（{month}）が {value} で、上限 {limit} を超えています。",
        "{name} ({month}) is {value}, above the limit {limit}.",
    ),
    "alert_threshold_below": (
        "{name}（{month}）が {value} で、下限 {limit} を下回っています。",
        "{name} ({month}) is {value}, below the limit {limit}.",
    ),
    "alert_threshold_change_above": (
        "{name}（{month}）は {value}、前月との差 {judged} が上限 {limit} を超えています。",
        "{name} ({month}) is {value}; its change {judged} is above the limit {limit}.",
    ),
    "alert_threshold_change_below": (
        "{name}（{month}）は {value}、前月との差 {judged} が下限 {limit} を下回っています。",
        "{name} ({month}) is {value}; its change {judged} is below the limit {limit}.",
    ),
    "alert_broken_rule": (
        "通知の規則 {rule} を判定できません（{what}）。",
        "The alert rule {rule} cannot be judged ({what}).",
    ),
    "report_subject": ("【{company}】月次報告", "[{company}] Monthly report"),
    "report_text": (
        "月次報告を添付します。\n{files}\n\n画面: {address}\n",
        "The monthly report is attached.\n{files}\n\nPages: {address}\n",
    ),
    "report_written": ("作成しました: {path}", "Written: {path}"),
    "report_sent": ("メールで送りました。", "Sent by e-mail."),
    "list_written": (
        "{rows} 行（{customers} 顧客）を書きました: {path}",
        "Wrote {rows} rows ({customers} customers): {path}",
    ),
    "list_left_out": ("  {why}: {count}", "  {why}: {count}"),
    "reports_none": ("月次報告はまだありません。", "There is no monthly report yet."),
    "alerts_none": ("確認が必要なことはありません。", "Nothing to look at."),
    "alerts_not_sent": (
        "通知を {channel} に送れませんでした（{error}）。{next_at} 以降の実行で再送します。",
        "Could not send to {channel} ({error}); tried again by the first run after {next_at}.",
    ),
    "alerts_partly_sent": (
        "{channel} で断られた宛先があります（{error}）。[alerts.email] の to を確かめてください。",
        "{channel}: some receivers were refused ({error}). Check `to` of [alerts.email].",
    ),
    "alerts_not_judged": (
        "通知の判定ができませんでした（{error}）。公開には影響ありません。",
        "Alerts could not be judged ({error}); what is published is not affected.",
    ),
    "alerts_test_sent": ("{channel}: 送りました。", "{channel}: sent."),
    "alerts_test_failed": (
        "{channel}: 送れませんでした（{error}）。",
        "{channel}: not sent ({error}).",
    ),
    "alert_is_open": ("要確認", "open"),
    "alert_is_closed": ("解消", "resolved"),
    "col_opened": ("発生", "Since"),
    "col_closed": ("解消", "Resolved"),
    "col_alert": ("内容", "What"),
    "col_unsent": ("未送信", "Not sent yet"),
    "status_none": ("なし", "none"),
    "status_counts": (
        "有効 {live}・保留 {held}・取り下げ {withdrawn}",
        "{live} live, {held} held, {withdrawn} withdrawn",
    ),
    "state_live": ("有効", "live"),
    "state_held": ("保留", "held"),
    "state_withdrawn": ("取り下げ", "withdrawn"),
    "state_repeated": ("重複", "repeated"),
    "state_unrecognised": ("判別不能", "not recognised"),
    "outcome_published": ("公開", "published"),
    "outcome_nothing_new": ("変更なし", "nothing new"),
    "outcome_failed": ("失敗", "failed"),
    "outcome_incomplete": ("途中まで", "incomplete"),
    "outcome_running": ("実行中または中断", "running or interrupted"),
    "failing_rows": ("該当 {count} 行", "{count} row(s)"),
    "test_failed_to_run": ("検査を実行できませんでした", "the test could not run"),
}

# code: ((what, why, remedy) ja, (what, why, remedy) en)
ERRORS: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "home_missing": (
        (
            "会社のホームがありません",
            "このフォルダーに keizoku.toml がありません",
            "keizoku init <フォルダー> で作るか、--home で正しいフォルダーを指定してください",
        ),
        (
            "There is no company home",
            "The folder has no keizoku.toml",
            "Create one with `keizoku init FOLDER`, or name the right folder with --home",
        ),
    ),
    "home_not_empty": (
        (
            "ホームを作れません",
            "フォルダーが空ではなく、keizoku のホームでもありません",
            "空のフォルダーか、新しい名前を指定してください",
        ),
        (
            "The home cannot be created",
            "The folder is not empty and is not a Keizoku home",
            "Name an empty folder or a new one",
        ),
    ),
    "home_in_checkout": (
        (
            "ホームを作れません",
            "会社のデータをプログラムのフォルダーの中に置くことはできません",
            "プログラムの外のフォルダーを指定してください（例: ~/keizoku）",
        ),
        (
            "The home cannot be created",
            "A company's data never lives inside the checkout of the program",
            "Name a folder outside of it, such as ~/keizoku",
        ),
    ),
    "home_not_writable": (
        (
            "ホームに書き込めません",
            "{detail}",
            "フォルダーの所有者と書き込み権限、空き容量を確かめてください",
        ),
        (
            "The home cannot be written to",
            "{detail}",
            "Check the owner, the write permission and the free space of the folder",
        ),
    ),
    "home_busy": (
        (
            "ほかの処理がこのホームを使っています",
            "{purpose}（PID {pid}、{host}、{started_at} 開始）が動いています",
            "終わるのを待つか、その処理を止めてからやり直してください",
        ),
        (
            "Another process is using this home",
            "{purpose} (pid {pid}, {host}, since {started_at}) is running",
            "Wait for it to end, or stop it, and try again",
        ),
    ),
    "config_unreadable": (
        (
            "設定ファイルを読めません",
            "TOML として正しくありません: {detail}",
            "その行を直してください",
        ),
        ("The settings cannot be read", "Not valid TOML: {detail}", "Correct that line"),
    ),
    "config_wrong_key": (
        (
            "設定に知らない名前があります: {key}",
            "その名前の設定はありません",
            "消すか、正しい名前に直してください（近いもの: {nearest}）",
        ),
        (
            "The settings have an unknown key: {key}",
            "There is no setting of that name",
            "Remove it or correct it (nearest: {nearest})",
        ),
    ),
    "config_wrong_value": (
        (
            "設定の値が正しくありません: {key} = {value}",
            "使える値: {expected}",
            "値を直してください",
        ),
        (
            "A setting has a wrong value: {key} = {value}",
            "Expected: {expected}",
            "Correct the value",
        ),
    ),
    "policy_not_supported": (
        (
            "この方針はまだ使えません: {key} = {value}",
            "この版ではまだ計算できません",
            "使える値にしてください: {choices}",
        ),
        (
            "This policy cannot be used yet: {key} = {value}",
            "This version cannot compute it",
            "Use one of: {choices}",
        ),
    ),
    "secret_missing": (
        (
            "ホームの秘密鍵を読めません",
            "記録キーの元になるファイルが無いか、短すぎます（{detail}）",
            "バックアップから secret を戻してください。新しく作ると全てのキーが変わります",
        ),
        (
            "The secret of the home cannot be read",
            "The file that record keys are made with is missing or too short ({detail})",
            "Restore `secret` from a backup; a new one would change every key",
        ),
    ),
    "dbt_died": (
        (
            "計算（dbt）が途中で止まりました",
            "子プロセスが応答せずに終わりました: {detail}",
            "空きメモリとディスク容量を確かめ、もう一度実行してください。公開中の版はそのままです",
        ),
        (
            "The computation (dbt) stopped midway",
            "The child process ended without an answer: {detail}",
            "Check free memory and disk and run again; the published version is untouched",
        ),
    ),
    "dbt_project_broken": (
        ("dbt プロジェクトを読めません", "{detail}", "dbt/ の該当箇所を直してください"),
        ("The dbt project cannot be read", "{detail}", "Correct that place in dbt/"),
    ),
    "build_failed": (
        (
            "計算に失敗しました",
            "次のモデルが作れませんでした: {models}",
            "公開中の版はそのままです。ログを見て直し、もう一度実行してください",
        ),
        (
            "The build failed",
            "These models could not be built: {models}",
            "The published version is untouched. See the log, correct it and run again",
        ),
    ),
    "audit_failed": (
        (
            "検査に合格しなかったため公開しませんでした",
            "次の検査が不合格です: {tests}",
            "公開中の版はそのままです。元データか設定を直して、もう一度実行してください",
        ),
        (
            "Nothing was published because the audit failed",
            "These tests failed: {tests}",
            "The published version is untouched. Correct the data or the settings and run again",
        ),
    ),
    "disk_full": (
        (
            "空き容量が足りません",
            "必要 {needed} バイトに対して空きは {free} バイトです",
            "空きを作ってからやり直してください。公開中の版はそのままです",
        ),
        (
            "There is not enough free space",
            "{needed} bytes are needed and {free} are free",
            "Make room and run again; the published version is untouched",
        ),
    ),
    "plan_missing": (
        (
            "この手順だけを単独では実行できません",
            "前の手順が同じ実行の中で動いていません",
            "ジョブ keizoku_run 全体を実行してください",
        ),
        (
            "This step cannot run on its own",
            "The steps before it did not run in the same run",
            "Start the whole job keizoku_run",
        ),
    ),
    "decisions_unreadable": (
        (
            "判断の記録が読めません",
            "{detail}",
            "その行を元に戻してください（一行に一件の JSON です）",
        ),
        (
            "A recorded decision cannot be read",
            "{detail}",
            "Restore that line (one JSON object per line)",
        ),
    ),
    "cash_not_found": (
        (
            "公開中の版で一つに決まりません",
            "{found} 件あります",
            "keizoku cash list か keizoku sql で ID またはキーを確かめてください",
        ),
        (
            "Not exactly one in the published version",
            "{found} found",
            "Look up the id or the key with `keizoku cash list` or `keizoku sql`",
        ),
    ),
    "customer_not_found": (
        (
            "公開中の版で顧客が一人に決まりません",
            "{found} 件あります",
            "keizoku sql で顧客の ID またはキーを確かめてください（dim_customer）",
        ),
        (
            "Not exactly one customer in the published version",
            "{found} found",
            "Look up the id or the key with `keizoku sql` (dim_customer)",
        ),
    ),
    "approach_code_unknown": (
        (
            "使えない区分です",
            "使えるもの: {known}",
            "上のどれかを指定してください",
        ),
        (
            "No such code",
            "Known: {known}",
            "Give one of these",
        ),
    ),
    "approach_in_the_future": (
        (
            "実施日が未来です",
            "まだ行われていない対応は記録できません",
            "今日までの日付を --on で指定してください",
        ),
        (
            "The day is in the future",
            "What has not been done cannot be recorded",
            "Give a day up to today with --on",
        ),
    ),
    "cash_no_proposal": (
        (
            "提案がありません",
            "この入金に合う請求書は一つに決まりませんでした",
            "--invoice で請求書を指定してください",
        ),
        (
            "There is no proposal",
            "No invoices were proposed for this receipt",
            "Name them with --invoice",
        ),
    ),
    "mart_missing": (
        (
            "公開する表が足りません",
            "計算結果にありません: {columns}",
            "dbt のモデルと宣言を合わせてください",
        ),
        (
            "A mart to publish is incomplete",
            "The build does not have: {columns}",
            "Make the dbt model and its declaration agree",
        ),
    ),
    "nothing_published": (
        (
            "公開された版がありません",
            "まだ一度も公開していないか、全ての版が壊れています {detail}",
            "keizoku run を実行してください",
        ),
        (
            "Nothing is published",
            "Nothing was published yet, or every version is damaged {detail}",
            "Run `keizoku run`",
        ),
    ),
    "version_unknown": (
        (
            "その版はありません: {version}",
            "保管されていません",
            "keizoku versions で一覧を見てください",
        ),
        ("There is no such version: {version}", "It is not kept", "See `keizoku versions`"),
    ),
    "version_damaged": (
        (
            "その版は使えません",
            "ファイルが記録と一致しません: {detail}",
            "別の版を指定するか、keizoku rebuild で作り直してください",
        ),
        (
            "That version cannot be used",
            "Its files do not match its manifest: {detail}",
            "Name another version, or make it again with `keizoku rebuild`",
        ),
    ),
    "close_incomplete": (
        (
            "{month} はまだ締められません",
            "公開中の版は {as_of} までの数字で、その月を最後まで含みません",
            "月末以降を基準日にして keizoku run を実行してください",
        ),
        (
            "{month} cannot be closed yet",
            "The published version is as of {as_of} and does not cover the whole month",
            "Run `keizoku run` as of a day after the end of the month",
        ),
    ),
    "close_out_of_order": (
        (
            "その月は締められません",
            "月は順に締めます。最後に締めたのは {last} です",
            "次は keizoku close {next} です（締め直しは {last} だけできます）",
        ),
        (
            "That month cannot be closed",
            "Months are closed one after the other; the last closed one is {last}",
            "Next is `keizoku close {next}` (only {last} can be closed again)",
        ),
    ),
    "close_twice": (
        (
            "{month} は締め済みです",
            "締めた数字は書き換えません",
            "訂正するときは理由を付けてください: keizoku close {month} --reason 「理由」",
        ),
        (
            "{month} is closed already",
            "Closed figures are never overwritten",
            'To correct it, give the reason: keizoku close {month} --reason "…"',
        ),
    ),
    "close_late_facts": (
        (
            "締め日より後に届いたファイルが公開中の版に入っています",
            "締め日 {closed_on} より後に {count} 件: {files}",
            "keizoku run --known-at {closed_on} のあとで締めるか、"
            "実際に締めた日を --on で指定してください",
        ),
        (
            "The published version holds files received after the closing day",
            "{count} after {closed_on}: {files}",
            "Run `keizoku run --known-at {closed_on}` first, "
            "or give the day the books were really closed with --on",
        ),
    ),
    "close_damaged": (
        (
            "締めた月の記録が書き換えられているか、欠けています",
            "{detail}",
            "バックアップからそのフォルダーを戻してください。公開中の版はそのままです",
        ),
        (
            "A closed month was changed or is missing",
            "{detail}",
            "Restore that folder from a backup; the published version is untouched",
        ),
    ),
    "policy_not_named": (
        (
            "方針の書き方が違います: {value}",
            "名前=値 の形ではありません",
            "例: keizoku policy diff lapse_grace_days=0",
        ),
        (
            "That is no policy value: {value}",
            "It is not written as NAME=VALUE",
            "Example: keizoku policy diff lapse_grace_days=0",
        ),
    ),
    "metric_unknown": (
        (
            "その指標はありません: {metric}",
            "公開中の版に登録されていません",
            "keizoku metrics で一覧を見てください（近いもの: {nearest}）",
        ),
        (
            "There is no such metric: {metric}",
            "The published version has none of that id",
            "See `keizoku metrics` (nearest: {nearest})",
        ),
    ),
    "list_failed": (
        (
            "リストを作成できません",
            "{detail}",
            "個人情報を見る権限と、公開版が読めることを確かめてください（keizoku status）",
        ),
        (
            "The list cannot be made",
            "{detail}",
            "Check the right to personal data and that a version can be read (`keizoku status`)",
        ),
    ),
    "report_failed": (
        (
            "月次報告を作成できません",
            "{detail}",
            "--month に表示できる月を YYYY-MM で指定するか、先に keizoku run を実行してください",
        ),
        (
            "The monthly report cannot be made",
            "{detail}",
            "Give a month the version shows as --month YYYY-MM, or run `keizoku run` first",
        ),
    ),
    "not_recorded": (
        (
            "閲覧の記録に書けないため、答えを表示しません",
            "{detail}",
            "audit/ に書けるようにしてください（空き容量と権限）",
        ),
        (
            "Nothing is shown, because who looked cannot be recorded",
            "{detail}",
            "Make audit/ writable (free space and permissions)",
        ),
    ),
    "report_no_mail": (
        (
            "月次報告は作りましたが、メールでは送っていません",
            "[alerts] の channels に email がありません",
            "keizoku.toml の [alerts] と [alerts.email] を設定してください",
        ),
        (
            "The monthly report was made but not sent by e-mail",
            "`channels` of [alerts] does not name email",
            "Set [alerts] and [alerts.email] in keizoku.toml",
        ),
    ),
    "delivery_unknown": (
        (
            "その受領IDの受領はありません",
            "{delivery}",
            "keizoku status --json か画面「データ品質」の受領IDを指定してください",
        ),
        (
            "There is no delivery of that id",
            "{delivery}",
            "Give an id of `keizoku status --json` or of the page データ品質",
        ),
    ),
    "report_partly_sent": (
        (
            "月次報告を受け取れなかった宛先があります",
            "{detail}",
            "[alerts.email] の to を直し、その宛先には reports/ のファイルを渡してください",
        ),
        (
            "Some receivers were refused the monthly report",
            "{detail}",
            "Correct `to` of [alerts.email] and hand them the files of reports/",
        ),
    ),
    "report_not_sent": (
        (
            "月次報告をメールで送れませんでした",
            "{detail}",
            "[alerts.email] とパスワードの環境変数を確かめ、keizoku alerts test で試してください",
        ),
        (
            "The monthly report was not sent by e-mail",
            "{detail}",
            "Check [alerts.email] and the password's variable; try `keizoku alerts test`",
        ),
    ),
    "alerts_no_channel": (
        (
            "通知の送り先がありません",
            "[alerts] channels が空です",
            "keizoku.toml の [alerts] channels に webhook か email を書いてください",
        ),
        (
            "There is nowhere to send alerts to",
            "[alerts] channels is empty",
            "Write webhook or email into [alerts] channels of keizoku.toml",
        ),
    ),
    "ledger_unreadable": (
        (
            "受領の台帳を読めません",
            "{detail}",
            "受け取ったファイルは無事です。keizoku doctor で調べ、台帳の控えに戻してください",
        ),
        (
            "The ledger of deliveries cannot be read",
            "{detail}",
            "The files received are safe. Look with keizoku doctor and restore the ledger's backup",
        ),
    ),
    "alerts_unreadable": (
        (
            "通知の記録を読めません",
            "{detail}",
            "alerts/alerts.jsonl のその行を直すか、ファイルを別の場所に移してください",
        ),
        (
            "The record of alerts cannot be read",
            "{detail}",
            "Correct that line of alerts/alerts.jsonl or move the file away",
        ),
    ),
    "alert_rule_ambiguous": (
        (
            "月ごとに一つの値に決まりません（{model}: {column}）",
            "規則の where が列と値を一つに絞っていません",
            "keizoku.toml の [[alerts.thresholds]] の where に列と値を書いてください",
        ),
        (
            "It is not one value per month ({model}: {column})",
            "The rule's `where` does not name columns that leave one row",
            "Give columns and values in `where` of [[alerts.thresholds]] in keizoku.toml",
        ),
    ),
    "sql_failed": (
        ("SQL を実行できません", "{detail}", "SQL を直してください（読み取り専用です）"),
        ("The SQL cannot be run", "{detail}", "Correct the SQL (it is read-only)"),
    ),
    "kept_name_wrong": (
        (
            "その名前では保存できません",
            "空か、{length} 文字より長いか、表示できない文字があります",
            "短い名前にしてください",
        ),
        (
            "It cannot be saved under that name",
            "It is empty, longer than {length} characters, or not printable",
            "Choose a short name",
        ),
    ),
    "kept_name_taken": (
        (
            "その名前は使われています",
            "{owner} さんが使っている名前です",
            "別の名前にしてください",
        ),
        ("That name is taken", "{owner} uses it", "Choose another name"),
    ),
    "kept_not_yours": (
        (
            "それは削除できません",
            "自分が保存したものではないか、もうありません",
            "保存した人に頼んでください",
        ),
        (
            "That cannot be deleted",
            "It is not yours, or is gone already",
            "Ask whoever saved it",
        ),
    ),
    "kept_unreadable": (
        ("保存したものが読めません", "{detail}", "そのファイルを元に戻すか、削除してください"),
        ("Something that was saved cannot be read", "{detail}", "Restore that file, or remove it"),
    ),
    "sql_empty": (
        ("SQL がありません", "文が一つもありません", "select で始まる文を書いてください"),
        ("There is no SQL", "It holds no statement", "Write a statement that begins with select"),
    ),
    "sql_one_statement": (
        (
            "一度に実行できる文は一つです",
            "; で区切った文が二つ以上あります",
            "一文ずつ実行してください",
        ),
        ("One statement at a time", "There is more than one, parted by ;", "Run them one by one"),
    ),
    "sql_only_select": (
        (
            "実行できるのは select だけです",
            "{detail} は公開版を読むだけの文ではありません",
            "select・with・describe・explain で始まる文にしてください。公開版は書き換えられません",
        ),
        (
            "Only select can be run",
            "{detail} does more than read the published version",
            "Begin with select, with, describe or explain; a published version is never changed",
        ),
    ),
    "sql_syntax": (
        (
            "SQL の書き方が正しくありません",
            "{name} のところで、文として読めなくなりました",
            "その場所とすぐ前で、カンマ・かっこ・引用符の抜けや重なりがないか見てください",
        ),
        (
            "The SQL is not well formed",
            "It cannot be read on from: {name}",
            "Look there and just before for a missing or doubled comma, bracket or quote",
        ),
    ),
    "sql_unknown_table": (
        (
            "その名前の表はありません: {name}",
            "公開版にこの名前の表がありません（個人情報の列は pii.表名）",
            "表の一覧で名前を確かめてください（近いもの: {nearest}）",
        ),
        (
            "There is no table of that name: {name}",
            "The published version has none (personal columns stand in pii.<table>)",
            "Look it up in the list of tables (nearest: {nearest})",
        ),
    ),
    "sql_unknown_column": (
        (
            "その名前の列はありません: {name}",
            "この文が読む表に、その名前の列がありません（個人情報の列は pii.表名）",
            "表の列の一覧で名前を確かめてください（近いもの: {nearest}）",
        ),
        (
            "There is no column of that name: {name}",
            "The tables this reads have none (personal columns stand in pii.<table>)",
            "Look it up in the columns of the table (nearest: {nearest})",
        ),
    ),
    "sql_unknown_function": (
        (
            "その名前の関数は使えません: {name}",
            "DuckDB にその名前の関数がありません。拡張機能は追加できません",
            "関数の名前を確かめてください（近いもの: {nearest}）",
        ),
        (
            "There is no function of that name: {name}",
            "DuckDB has none, and extensions cannot be added",
            "Check its name (nearest: {nearest})",
        ),
    ),
    "sql_not_grouped": (
        (
            "group by に入っていない列があります: {name}",
            "sum や count でまとめた行に、まとめていない列は一つの値に決まりません",
            "group by に {name} を加えるか、min・max などでまとめてください",
        ),
        (
            "A column is not in the group by: {name}",
            "In rows made by sum or count it has more than one value",
            "Add {name} to the group by, or take its min or max",
        ),
    ),
    "sql_ambiguous": (
        (
            "どの表の列か決まりません: {name}",
            "結合した表のいくつかに、同じ名前の列があります",
            "表の名前を付けてください（{nearest}）",
        ),
        (
            "It is not clear whose column this is: {name}",
            "Several of the joined tables have it",
            "Put the table before it ({nearest})",
        ),
    ),
    "sql_wrong_kinds": (
        (
            "その種類の値には使えません: {name}",
            "関数や演算子に渡した値の種類（文字・数・日付）が合いません",
            "列の型を確かめ、必要なら cast(列 as integer) のように変換してください",
        ),
        (
            "That does not work on values of this kind: {name}",
            "A function or operator was given text, numbers or dates it does not take",
            "Check the types of the columns; convert with cast(column as integer)",
        ),
    ),
    "sql_sum_in_where": (
        (
            "where に sum や count は書けません",
            "where はまとめる前の行を選びます",
            "まとめたあとの条件は having に書いてください",
        ),
        (
            "sum and count cannot stand in where",
            "where chooses rows before they are put together",
            "Write conditions on sums in having",
        ),
    ),
    "sql_wrong_value": (
        (
            "値を変換できません: {name}",
            "数や日付として読めない値です（{detail}）",
            "値の書き方を直すか、try_cast で読めない値を空にしてください",
        ),
        (
            "A value cannot be converted: {name}",
            "It is no number or date ({detail})",
            "Write it as one, or make what cannot be read null with try_cast",
        ),
    ),
    "sql_not_allowed": (
        (
            "その操作はここではできません",
            "公開版のほかのファイル・通信・設定には届かないようにしてあります（{detail}）",
            "公開版の表だけを読む文にしてください",
        ),
        (
            "That cannot be done here",
            "No file but the published version, no network and no setting is in reach ({detail})",
            "Read the tables of the published version only",
        ),
    ),
    "sql_personal": (
        (
            "個人情報の列は開いていません",
            "この実行では pii の表を読めません",
            "権限がある場合は「個人情報の列も使う」を入れて実行してください",
        ),
        (
            "Personal columns are not open",
            "This run cannot read the tables of pii",
            'With the right to them, switch on "Use personal columns too" and run it again',
        ),
    ),
    "sql_too_long": (
        (
            "時間の上限 {seconds} 秒を超えたので止めました",
            "調べる行の組み合わせが多すぎます",
            "where で月や顧客を絞るか、結合の条件（on / using）を見直してください",
        ),
        (
            "Stopped: it took longer than {seconds} seconds",
            "Too many combinations of rows",
            "Narrow it by month or customer with where, or look at the condition of the join",
        ),
    ),
    "sql_too_large": (
        (
            "メモリーの上限を超えたので止めました",
            "途中の計算か結果が大きすぎます {detail}",
            "必要な列だけを選び、where や group by で行を減らしてください",
        ),
        (
            "Stopped: it needed too much memory",
            "The work or the answer is too large {detail}",
            "Select only the columns you need; have fewer rows with where or group by",
        ),
    ),
    "sql_busy": (
        (
            "ほかの SQL が実行中です",
            "同時に実行できるのは {count} 件です",
            "少し待ってからもう一度実行してください",
        ),
        (
            "Other SQL is being run",
            "{count} statements can run at once",
            "Wait a little and run it again",
        ),
    ),
    "sql_parquet_to_terminal": (
        (
            "Parquet は端末に表示できません",
            "二進のファイル形式です",
            "ファイルに書き出してください: keizoku sql … --format parquet > 結果.parquet",
        ),
        (
            "Parquet cannot be shown on a terminal",
            "It is a binary format",
            "Write it to a file: keizoku sql … --format parquet > result.parquet",
        ),
    ),
    "file_missing": (
        ("ファイルがありません", "その場所に通常のファイルがありません", "パスを確かめてください"),
        ("There is no such file", "The path is not a regular file", "Check the path"),
    ),
    "entity_unknown": (
        (
            "そのようなデータの種類はありません: {entity}",
            "使えるもの: {known}",
            "--entity を直すか、付けずに実行してください",
        ),
        (
            "There is no such entity: {entity}",
            "There are {known}",
            "Correct --entity, or leave it out",
        ),
    ),
    "mapping_exists": (
        (
            "そのファイルはもうあります",
            "マッピングを上書きすることはありません",
            "別の名前を --to で指定するか、今のファイルを直してください",
        ),
        (
            "That file is already there",
            "A mapping is never written over",
            "Give another name with --to, or change the file there is",
        ),
    ),
    "upload_too_large": (
        (
            "ファイルが大きすぎます",
            "この画面で調べられるのは {limit} MB までです",
            "keizoku map ファイル を使うか、行を減らしたもので試してください",
        ),
        (
            "The file is too large",
            "This page looks at files of up to {limit} MB",
            "Use `keizoku map FILE`, or try it with fewer rows",
        ),
    ),
    "mapping_not_written": (
        (
            "マッピングを書けません",
            "{detail}",
            "フォルダーがあるか、書き込めるかを確かめてください",
        ),
        (
            "The mapping cannot be written",
            "{detail}",
            "See that the folder is there and can be written to",
        ),
    ),
    "refused": (
        ("できません", "{ja}", "{remedy_ja}"),
        ("That cannot be done", "{en}", "{remedy_en}"),
    ),
    "wrong_date": (
        ("日付を読めません: {value}", "使える形: {expected}", "直してください"),
        ("Cannot read the date: {value}", "Expected: {expected}", "Correct it"),
    ),
    "no_free_port": (
        (
            "空いているポートがありません",
            "近くの番号は全て使用中です",
            "keizoku.toml の [ports] を変えてください",
        ),
        ("There is no free port", "All ports near it are taken", "Change [ports] in keizoku.toml"),
    ),
    "process_died": (
        (
            "{name} が起動しないか、途中で止まりました",
            "終了コード {returncode}: {detail}",
            "ログを見て、もう一度 keizoku up を実行してください",
        ),
        (
            "{name} did not start or stopped",
            "Exit code {returncode}: {detail}",
            "See the log and run `keizoku up` again",
        ),
    ),
    "interrupted": (
        (
            "途中で止められました",
            "Ctrl-C か停止の合図を受けました",
            "もう一度実行してください。公開中の版はそのままです",
        ),
        (
            "The run was interrupted",
            "Ctrl-C or a request to stop was received",
            "Run again; the published version is untouched",
        ),
    ),
    "usage_missing": (
        (
            "足りない引数があります: {name}",
            "{command} には {name} が必要です",
            "{name} を付けて実行してください。使い方: {command} --help（{expected}）",
        ),
        (
            "Something is missing: {name}",
            "{command} needs {name}",
            "Give {name}. How: {command} --help ({expected})",
        ),
    ),
    "usage_wrong_value": (
        (
            "{name} の値を使えません",
            "使える値: {expected}",
            "値を直してください。使い方: {command} --help",
        ),
        (
            "The value of {name} cannot be used",
            "Expected: {expected}",
            "Correct the value. How: {command} --help",
        ),
    ),
    "usage_no_such_option": (
        (
            "{name} という指定はありません",
            "{command} で使えるもの: {expected}",
            "綴りと順番を確かめてください。--home・--json・--lang・--debug は"
            "コマンドより前に置きます。使い方: {command} --help",
        ),
        (
            "There is no option {name}",
            "{command} takes: {expected}",
            "Check spelling and order: --home, --json, --lang and --debug come before the command. "
            "How: {command} --help",
        ),
    ),
    "usage_without_value": (
        (
            "{name} に値がありません",
            "{name} のあとには値が必要です",
            "値を付けて実行してください。使い方: {command} --help",
        ),
        (
            "{name} has no value",
            "{name} is followed by a value",
            "Give one. How: {command} --help",
        ),
    ),
    "usage_with_value": (
        (
            "{name} に値は付けられません",
            "{name} は付けるか付けないかだけの指定です",
            "= とその後ろを消してください。使い方: {command} --help",
        ),
        (
            "{name} takes no value",
            "{name} is either there or not",
            "Remove = and what follows. How: {command} --help",
        ),
    ),
    "usage_no_such_command": (
        (
            "{name} というコマンドはありません",
            "{command} にあるもの: {expected}",
            "綴りを確かめてください。一覧: {command} --help",
        ),
        (
            "There is no command {name}",
            "{command} has: {expected}",
            "Check the spelling. All of them: {command} --help",
        ),
    ),
    "usage_too_many": (
        (
            "余分な引数があります: {name}",
            "{command} はそれを受け取りません",
            '取り除くか、空白を含む値を " " で囲んでください。使い方: {command} --help',
        ),
        (
            "Too many arguments: {name}",
            "{command} does not take them",
            'Remove them, or put a value with blanks into " ". How: {command} --help',
        ),
    ),
    "usage_no_command": (
        (
            "コマンドがありません",
            "{command} にあるもの: {expected}",
            "どれかを付けて実行してください。一覧: {command} --help",
        ),
        (
            "No command was given",
            "{command} has: {expected}",
            "Give one of them. All of them: {command} --help",
        ),
    ),
    "usage_wrong": (
        ("使い方が正しくありません", "{detail}", "使い方を確かめてください: {command} --help"),
        ("The command is used wrongly", "{detail}", "See how it is used: {command} --help"),
    ),
    "disk_read_only": (
        (
            "書き込めません（読み取り専用の場所です）",
            "{detail}",
            "書き込める場所のホームを --home で指定するか、"
            "ディスクの状態を管理者に確かめてください。公開中の版はそのままです",
        ),
        (
            "Nothing can be written there: it is read-only",
            "{detail}",
            "Name a home that can be written to with --home, or have the disk looked at; "
            "the published version is untouched",
        ),
    ),
    "disk_forbidden": (
        (
            "このファイルやフォルダを使う権限がありません",
            "{detail}",
            "持ち主と権限を確かめ（ls -ld）、ホームの持ち主として実行してください。"
            "公開中の版はそのままです",
        ),
        (
            "This file or folder may not be used",
            "{detail}",
            "Look at its owner and rights (ls -ld) and run as the owner of the home; "
            "the published version is untouched",
        ),
    ),
    "disk_ran_full": (
        (
            "ディスクがいっぱいです",
            "{detail}",
            "空きを作ってから（df -h で確認）、もう一度実行してください。"
            "途中まで書いたものは使われません。公開中の版はそのままです",
        ),
        (
            "The disk is full",
            "{detail}",
            "Make room (see df -h) and run again. What was half written is not used; "
            "the published version is untouched",
        ),
    ),
    "unexpected": (
        (
            "思わぬ問題が起きました",
            "{detail}",
            "--debug を付けて実行すると詳しい記録が出ます。公開中の版はそのままです",
        ),
        (
            "Something unexpected happened",
            "{detail}",
            "Run with --debug for the details; the published version is untouched",
        ),
    ),
}
