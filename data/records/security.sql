-- What the policies ask. Accounts may call these functions, and write nothing here.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zhian_desk') THEN CREATE ROLE zhian_desk NOLOGIN; END IF;
END $$;
CREATE SCHEMA IF NOT EXISTS zhian_access;
REVOKE ALL ON SCHEMA zhian_access FROM PUBLIC;
GRANT USAGE ON SCHEMA zhian_access TO zhian_desk;
CREATE TABLE IF NOT EXISTS zhian_access.granted (
    role text, action text, purpose boolean, anywhere boolean, off_duty boolean, PRIMARY KEY (role, action));
CREATE TABLE IF NOT EXISTS zhian_access.classification (name text PRIMARY KEY, rank integer);

CREATE OR REPLACE FUNCTION zhian_access.is_account() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_has_role(session_user, 'zhian_desk', 'USAGE') AND starts_with(session_user::text, 'zhian_')
        AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) $$;

CREATE OR REPLACE FUNCTION zhian_access.me() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN zhian_access.is_account() THEN substr(session_user::text, 7) END $$;

CREATE OR REPLACE FUNCTION zhian_access.on_duty(shift text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN shift = '' THEN true
        WHEN split_part(shift, '-', 1)::time < split_part(shift, '-', 2)::time
            THEN localtime >= split_part(shift, '-', 1)::time AND localtime < split_part(shift, '-', 2)::time
        ELSE localtime >= split_part(shift, '-', 1)::time OR localtime < split_part(shift, '-', 2)::time
    END $$;

CREATE OR REPLACE FUNCTION zhian_access.states_purpose() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT btrim(coalesce(current_setting('zhian.purpose', true), '')) <> '' $$;

-- The scopes of the roles by which this account may do something now.
CREATE OR REPLACE FUNCTION zhian_access.grants(wanted text) RETURNS TABLE (scope jsonb, anywhere boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT account.scope::jsonb, granted.anywhere
    FROM account JOIN zhian_access.granted ON granted.action = wanted AND account.roles::jsonb ? granted.role
    WHERE account.id = zhian_access.me() AND account.enabled
      AND (account.expires_at_s = 0 OR account.expires_at_s > extract(epoch FROM now()))
      AND account.locked_until_s <= extract(epoch FROM now())
      AND (granted.off_duty OR zhian_access.on_duty(account.shift))
      AND (NOT granted.purpose OR zhian_access.states_purpose()) $$;

CREATE OR REPLACE FUNCTION zhian_access.may(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM zhian_access.grants(wanted)) $$;

-- The names that this account reaches, NULL for all.
CREATE OR REPLACE FUNCTION zhian_access.reach(wanted text, kind text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN bool_or(anywhere OR jsonb_array_length(scope -> kind) = 0) THEN NULL
        ELSE (SELECT array_agg(name) FROM zhian_access.grants(wanted) AS each,
              jsonb_array_elements_text(each.scope -> kind) AS name)
    END FROM zhian_access.grants(wanted) $$;

-- The networks and classifications that this account reaches, wherever it is and whatever it does; NULL for all.
CREATE OR REPLACE FUNCTION zhian_access.zones() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN jsonb_array_length(scope::jsonb -> 'zones') > 0
        THEN ARRAY(SELECT jsonb_array_elements_text(scope::jsonb -> 'zones')) END
    FROM account WHERE id = zhian_access.me() $$;

CREATE OR REPLACE FUNCTION zhian_access.classifications() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN scope::jsonb ->> 'clearance' <> '' THEN ARRAY(
        SELECT lower.name FROM zhian_access.classification AS lower JOIN zhian_access.classification AS own
        ON lower.rank <= own.rank WHERE own.name = scope::jsonb ->> 'clearance') END
    FROM account WHERE id = zhian_access.me() $$;

-- The numbers of the sources that are of these; NULL for all.
CREATE OR REPLACE FUNCTION zhian_access.sources() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN zhian_access.zones() IS NOT NULL OR zhian_access.classifications() IS NOT NULL THEN ARRAY(
        SELECT number FROM source
        WHERE (zone = '' OR zhian_access.zones() IS NULL OR zone = ANY (zhian_access.zones()))
          AND (classification = '' OR zhian_access.classifications() IS NULL
               OR classification = ANY (zhian_access.classifications()))) END $$;

-- An account may count its failures and change its password, not its rights.
CREATE OR REPLACE FUNCTION zhian_access.keep_rights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF zhian_access.is_account() AND NOT zhian_access.may('account.manage') AND
        (NEW.id, NEW.name, NEW.roles, NEW.scope, NEW.shift, NEW.service, NEW.enabled, NEW.expires_at_s, NEW.card)
        IS DISTINCT FROM
        (OLD.id, OLD.name, OLD.roles, OLD.scope, OLD.shift, OLD.service, OLD.enabled, OLD.expires_at_s, OLD.card)
    THEN RAISE insufficient_privilege USING MESSAGE = 'an account does not change its own rights'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER zhian_keep_rights BEFORE UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION zhian_access.keep_rights();

-- What was asked for stays as it was asked, and nobody gives another's word.
CREATE OR REPLACE FUNCTION zhian_access.keep_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT zhian_access.is_account() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.asked_by <> zhian_access.me() OR NEW.decided_by <> '' OR NEW.state <> 'open' THEN
            RAISE insufficient_privilege USING MESSAGE = 'who asks says nothing for the second person';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.asked_by, NEW.mark, NEW.action, NEW.deed) IS DISTINCT FROM
       (OLD.id, OLD.asked_by, OLD.mark, OLD.action, OLD.deed)
       OR (NEW.decided_by <> OLD.decided_by AND (NEW.decided_by <> zhian_access.me() OR OLD.decided_by <> ''))
       OR (NEW.state = 'confirmed' AND OLD.state <> 'confirmed' AND NEW.decided_by = '')
       OR (NEW.state = 'done' AND NEW.decided_by = '')
       OR (NEW.expires_at_s > OLD.expires_at_s)
    THEN RAISE insufficient_privilege USING MESSAGE = 'only the second person says so'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER zhian_keep_word BEFORE INSERT OR UPDATE ON account_request
FOR EACH ROW EXECUTE FUNCTION zhian_access.keep_word();

-- Who answers a task and sees no incidents (an agency) leaves it to the database to bring its incident up to date: to
-- these two states, which are those of an incident to which nobody was sent, and no more than that.
CREATE OR REPLACE FUNCTION zhian_access.answer_task() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    was text;
    stands text;
    told bigint;
BEGIN
    IF NOT zhian_access.is_account() OR zhian_access.may('alert.read') THEN RETURN NEW; END IF;
    SELECT state INTO was FROM operation_incident WHERE id = NEW.incident FOR UPDATE;
    IF NOT FOUND THEN RETURN NEW; END IF;
    stands := was;
    IF was IN ('open', 'handed_over') THEN
        stands := CASE WHEN EXISTS (
            SELECT FROM operation_task WHERE incident = NEW.incident AND state IN ('offered', 'accepted')
        ) THEN 'handed_over' ELSE 'open' END;
    END IF;
    UPDATE operation_incident
    SET state = stands, version = version + 1, changed_s = greatest(changed_s, NEW.changed_s) WHERE id = NEW.incident;
    INSERT INTO operation_number VALUES ('E', '', 1)
    ON CONFLICT (letter, day) DO UPDATE SET last = operation_number.last + 1 RETURNING last INTO told;
    INSERT INTO operation_event (number, at_s, by, deed, kind, record, incident, before, after, why)
    VALUES (told, NEW.changed_s, zhian_access.me(), 'AnswerTask', 'incident', NEW.incident, NEW.incident, was, stands, '');
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER zhian_answer_task AFTER UPDATE OF state ON operation_task
FOR EACH ROW EXECUTE FUNCTION zhian_access.answer_task();

CREATE OR REPLACE FUNCTION zhian_access.has_role(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = zhian_access.me() AND enabled AND roles::jsonb ? wanted) $$;

-- Who asks for a stop or a freeze asks for themselves, who approves and signs says so themselves and in a role they
-- have, and what a bank answered is written by who talks to banks. The table's checks keep the three persons apart.
CREATE OR REPLACE FUNCTION zhian_access.keep_officers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    me text := zhian_access.me();
BEGIN
    IF NOT zhian_access.is_account() THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND NEW.approved_by = '' THEN
        IF NEW.asked_by <> me OR NEW.state NOT IN ('draft', 'submitted') THEN
            RAISE insufficient_privilege USING MESSAGE = 'an instruction is asked for by who asks';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.verb <> 'return' OR NOT EXISTS (
        SELECT FROM fraud_return_plan WHERE id = NEW.basis AND proposed_by = NEW.asked_by))
    THEN RAISE insufficient_privilege USING MESSAGE = 'an instruction is asked for before it is approved'; END IF;
    IF (TG_OP = 'INSERT' OR NEW.approved_by <> OLD.approved_by) AND
        (NEW.approved_by <> me OR NOT zhian_access.may('measure.approve') OR NOT zhian_access.has_role(NEW.approver_role))
    THEN RAISE insufficient_privilege USING MESSAGE = 'who approves says so, in a role of their own'; END IF;
    IF (TG_OP = 'INSERT' OR NEW.signed_by <> OLD.signed_by) AND NEW.signed_by <> me
    THEN RAISE insufficient_privilege USING MESSAGE = 'who signs says so'; END IF;
    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state
        AND NEW.state IN ('sent', 'acknowledged', 'executed', 'failed', 'superseded')
        AND NOT zhian_access.may('measure.send')
    THEN RAISE insufficient_privilege USING MESSAGE = 'what a bank said is written by who talks to banks'; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER zhian_keep_officers BEFORE INSERT OR UPDATE ON fraud_instruction
FOR EACH ROW EXECUTE FUNCTION zhian_access.keep_officers();
