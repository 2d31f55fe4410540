CREATE TABLE public.api_keys (
    id character varying(36) NOT NULL,
    user_id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    secret_hash character varying(256) NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.broker_devices (
    device_id character varying(36) NOT NULL,
    partition integer NOT NULL,
    thing_id character varying(36),
    wanted integer NOT NULL,
    told integer NOT NULL
);
CREATE TABLE public.dashboard_shares (
    dashboard_id character varying(36) NOT NULL,
    user_id character varying(36) NOT NULL
);
CREATE TABLE public.dashboards (
    id character varying(36) NOT NULL,
    user_id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    cover_image character varying(1024),
    widgets json NOT NULL,
    pages json NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint
);
CREATE TABLE public.device_certificates (
    serial character varying(40) NOT NULL,
    id character varying(36) NOT NULL,
    device_id character varying(36) NOT NULL,
    der bytea NOT NULL,
    ca character varying(64),
    enabled boolean NOT NULL,
    created_at bigint NOT NULL,
    withdrawn_at bigint
);
CREATE TABLE public.device_events (
    id bigint NOT NULL,
    device_id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    value json NOT NULL,
    time_us bigint NOT NULL
);
CREATE SEQUENCE public.device_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.device_events_id_seq OWNED BY public.device_events.id;
CREATE TABLE public.devices (
    id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    type character varying(64) NOT NULL,
    secret_hash character varying(256),
    lib_version character varying(64),
    wifi_fw_version character varying(64),
    net_config json,
    ota_sha256 character varying(64),
    created_at bigint NOT NULL,
    last_activity_at bigint,
    user_id character varying(36),
    serial character varying(64),
    fqbn character varying(128),
    connection_type character varying(32),
    tags json,
    updated_at bigint,
    deleted_at bigint
);
CREATE TABLE public.ota_updates (
    id character varying(36) NOT NULL,
    device_id character varying(36) NOT NULL,
    status character varying(16) NOT NULL,
    sha256 character varying(64) NOT NULL,
    size integer NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.samples (
    id bigint NOT NULL,
    variable_id character varying(36) NOT NULL,
    time_us bigint NOT NULL,
    value json NOT NULL,
    number double precision
);
CREATE SEQUENCE public.samples_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.samples_id_seq OWNED BY public.samples.id;
CREATE TABLE public.sender_memories (
    sender character varying(80) NOT NULL,
    owner character varying(36),
    recent bytea NOT NULL
);
CREATE TABLE public.settings (
    name character varying(64) NOT NULL,
    value character varying(256) NOT NULL
);
CREATE TABLE public.things (
    id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    timezone character varying(64) NOT NULL,
    device_id character varying(36),
    user_id character varying(36),
    created_at bigint NOT NULL,
    tags json,
    assistant character varying(16),
    webhook_active boolean,
    webhook_uri character varying(1024),
    updated_at bigint,
    deleted_at bigint
);
CREATE TABLE public.users (
    id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.variables (
    id character varying(36) NOT NULL,
    thing_id character varying(36) NOT NULL,
    name character varying(64) NOT NULL,
    variable_name character varying(64) NOT NULL,
    type character varying(64) NOT NULL,
    permission character varying(16) NOT NULL,
    persist boolean NOT NULL,
    min_value double precision,
    max_value double precision,
    created_at bigint NOT NULL,
    last_value json,
    value_updated_at bigint,
    update_strategy character varying(16),
    update_parameter double precision,
    tag integer,
    updated_at bigint
);
ALTER TABLE ONLY public.device_events ALTER COLUMN id SET DEFAULT nextval('public.device_events_id_seq'::regclass);
ALTER TABLE ONLY public.samples ALTER COLUMN id SET DEFAULT nextval('public.samples_id_seq'::regclass);
INSERT INTO public.api_keys VALUES ('77cbd2f5-3d7f-43c0-8d65-b95c2908410e', '8e9caec3-efcd-47d9-b35e-a8f857616251', 'Default key', 'scrypt$14$8$1$EPk/NdjmhR0V+TUV88eewA==$XDNfs4XiSGLt1ud05n/0x4vGtaEo6PCicUWyImI5aPc=', 1736942401049398);
INSERT INTO public.api_keys VALUES ('072fd4af-3fdc-473a-ae32-870fe726031a', '14d755d3-fea3-43e5-81a0-4228b146202d', 'Second user', 'scrypt$14$8$1$7wPlrfxs+OCI1ZET4SE79Q==$qwT4pZUMIq2kPADypvvI3LNYCn5bmSPpBCdoYjeDPS8=', 1736942401366050);
INSERT INTO public.dashboards VALUES ('e5f97b69-3be7-4499-affe-bc94fffe8e21', '8e9caec3-efcd-47d9-b35e-a8f857616251', 'Weather at home', NULL, '[{"id": "937c3624-5311-4370-ba0b-70f286541710", "type": "Chart", "options": {}, "x": 0, "y": 0, "width": 4, "height": 4, "variables": ["88dd6aa5-cace-4757-b8aa-380d7c140967"]}]', '[]', 1736942401466413, 1736942401466415, NULL);
INSERT INTO public.device_certificates VALUES ('000000002f185659f8b4b9765ea64deb', '7225a547-98c2-4ff2-9d4f-dda9e210e9f4', 'e2623461-f997-4406-86df-8dc8cc1edf0d', '\x308201463081eea003020102020c2f185659f8b4b9765ea64deb300a06082a8648ce3d0403023021311f301d06035504030c164c6f63616c2041726475696e6f20436c6f7564204341301e170d3235303131343132303030305a170d3435303130393132303030305a302f312d302b06035504030c2465323632333436312d663939372d343430362d383664662d3864633863633165646630643059301306072a8648ce3d020106082a8648ce3d03010703420004513d5c574a3ee89db37db030b2f3d612a3ef4dfdad4ed64bbaae20cbf614c1c589814f3104488dc144d507c9c7d20c54434f15bfc067e209a4a8de394e4fc93e300a06082a8648ce3d0403020347003044022012aaa745e70e54dee6c850d88840d74f8fd0a5711d772b7ca2bc52ea7ccd4cd402203a0b4e20a84ce7cbb9039a9dd173aa04f712d20b13b7ecdd170aed49308b5941', 'Arduino_v2', true, 1736942401440878, NULL);
INSERT INTO public.device_events VALUES (1, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"CONNECTED"', 1736942401239230);
INSERT INTO public.device_events VALUES (2, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"DISCONNECTED"', 1736942401247284);
INSERT INTO public.device_events VALUES (3, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"CONNECTED"', 1736942401252264);
INSERT INTO public.device_events VALUES (4, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"DISCONNECTED"', 1736942401257322);
INSERT INTO public.device_events VALUES (5, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"CONNECTED"', 1736942401261662);
INSERT INTO public.device_events VALUES (6, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"DISCONNECTED"', 1736942401265382);
INSERT INTO public.device_events VALUES (7, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"CONNECTED"', 1736942401278843);
INSERT INTO public.device_events VALUES (8, 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'connection', '"DISCONNECTED"', 1736942401282852);
INSERT INTO public.device_events VALUES (9, 'add35a02-6ab7-4d75-8d99-45dd65e497b8', 'connection', '"CONNECTED"', 1736942401319036);
INSERT INTO public.device_events VALUES (10, 'add35a02-6ab7-4d75-8d99-45dd65e497b8', 'connection', '"DISCONNECTED"', 1736942401322684);
INSERT INTO public.devices VALUES ('add35a02-6ab7-4d75-8d99-45dd65e497b8', 'My device', 'login_and_secretkey_wifi', 'scrypt$14$8$1$/epj75pE8MmfYUd/ZyaYDA==$Hi8lqTZhZI6XU7D3uATDtA9tdMBrEZr4tAA5GpB8hak=', NULL, NULL, NULL, NULL, 1736942400966227, 1736942401322676, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.devices VALUES ('b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'Weather station', 'login_and_secretkey_wifi', 'scrypt$14$8$1$w7oPt9alriT2qyb8QZefYw==$tJJLoksnhZih+OxXWv/3/+Zs9uxlyV4GANeK+iVL6CA=', NULL, NULL, NULL, NULL, 1736942401191560, 1736942401282846, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.devices VALUES ('e2623461-f997-4406-86df-8dc8cc1edf0d', 'Provisioned board', 'nanorp2040connect', NULL, NULL, NULL, NULL, NULL, 1736942401428546, NULL, '8e9caec3-efcd-47d9-b35e-a8f857616251', '0123456789ABCDEF', 'arduino:mbed_nano:nanorp2040connect', NULL, NULL, 1736942401428784, NULL);
INSERT INTO public.ota_updates VALUES ('f0049bb5-3fc2-4bbd-b513-96b8dcad7cbf', 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', 'pending', '110009dcee21620b166f3abfecb5eff7a873be729d1c2d53822e7acc5f34eb9b', 512, 4102444800000000, 1736942401472748);
INSERT INTO public.samples VALUES (1, '88dd6aa5-cace-4757-b8aa-380d7c140967', 1736942401241089, '20.5', 20.5);
INSERT INTO public.samples VALUES (2, '88dd6aa5-cace-4757-b8aa-380d7c140967', 1736942401253470, '21', 21);
INSERT INTO public.samples VALUES (3, '88dd6aa5-cace-4757-b8aa-380d7c140967', 1736942401262749, '21.5', 21.5);
INSERT INTO public.samples VALUES (4, 'bf549f57-b429-4747-8591-fa7a245e48a4', 1736942401269228, 'true', 1);
INSERT INTO public.samples VALUES (5, '0766becf-a2b8-45d0-b5db-e11382d25053', 1736942401273501, '"h\u00e9llo"', NULL);
INSERT INTO public.samples VALUES (6, '71b8cc9d-87be-42eb-ab43-4e9350c25062', 1736942401279810, '{"swi": true, "hue": 120.0, "sat": 50.0, "bri": 75.0}', NULL);
INSERT INTO public.samples VALUES (7, '60061fc9-28b1-4f5f-8a76-a721552fe48a', 1736942401320065, '"12:34"', NULL);
INSERT INTO public.samples VALUES (8, 'e794f147-f039-4d23-be00-0f04db7e4acf', 1736942401448683, '42', 42);
INSERT INTO public.sender_memories VALUES ('b90f3cd9-0a4a-491a-8eee-b92dfad27e79', NULL, '\x0001e3e334033f58');
INSERT INTO public.sender_memories VALUES ('add35a02-6ab7-4d75-8d99-45dd65e497b8', NULL, '\x00013a46cbf57a07');
INSERT INTO public.settings VALUES ('schema', '5');
INSERT INTO public.settings VALUES ('default_device', 'add35a02-6ab7-4d75-8d99-45dd65e497b8');
INSERT INTO public.settings VALUES ('default_thing', 'a2564316-2b00-4c3a-9497-dccc99500dae');
INSERT INTO public.settings VALUES ('default_user', '8e9caec3-efcd-47d9-b35e-a8f857616251');
INSERT INTO public.settings VALUES ('default_api_key', '77cbd2f5-3d7f-43c0-8d65-b95c2908410e');
INSERT INTO public.settings VALUES ('token_key', 'ba3cc4bdee3830d4b459e25eae28ac3f9f67cc6190ede900f239e6b7ccd02968');
INSERT INTO public.things VALUES ('a2564316-2b00-4c3a-9497-dccc99500dae', 'My thing', 'UTC', 'add35a02-6ab7-4d75-8d99-45dd65e497b8', NULL, 1736942400968913, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.things VALUES ('79ce855a-8335-449b-8e38-817a460b01c1', 'Weather', 'Europe/Rome', 'b90f3cd9-0a4a-491a-8eee-b92dfad27e79', NULL, 1736942401196952, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.things VALUES ('9ca09f60-bda2-429b-8049-fb3f730cd38d', 'Board', 'UTC', 'e2623461-f997-4406-86df-8dc8cc1edf0d', NULL, 1736942401444257, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('8e9caec3-efcd-47d9-b35e-a8f857616251', 'Default user', 1736942401048456);
INSERT INTO public.users VALUES ('14d755d3-fea3-43e5-81a0-4228b146202d', 'Second user', 1736942401365747);
INSERT INTO public.variables VALUES ('0bda8c37-1ad3-49cc-b541-c7501e82f672', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'sw1', 'sw1', 'STATUS', 'READ_WRITE', true, NULL, NULL, 1736942401003948, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('c49f9733-c493-4e5e-ab68-930a2f13718a', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'led', 'led', 'STATUS', 'READ_WRITE', true, NULL, NULL, 1736942401004676, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('60061fc9-28b1-4f5f-8a76-a721552fe48a', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'clk', 'clk', 'CHARSTRING', 'READ_ONLY', true, NULL, NULL, 1736942401005116, '"12:34"', 1736942401320065, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('d475619c-2976-42b3-844c-db282cefc3a5', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'clight', 'clight', 'HOME_COLORED_LIGHT', 'READ_WRITE', true, NULL, NULL, 1736942401005481, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('488985ec-c16a-4932-8ac3-39bcee45416f', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'treasureisland', 'treasureisland', 'LOCATION', 'READ_ONLY', true, NULL, NULL, 1736942401005835, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('24e80048-3930-4d39-b53c-2514f7a171c5', 'a2564316-2b00-4c3a-9497-dccc99500dae', 'schedule', 'schedule', 'SCHEDULE', 'READ_WRITE', true, NULL, NULL, 1736942401006208, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('88dd6aa5-cace-4757-b8aa-380d7c140967', '79ce855a-8335-449b-8e38-817a460b01c1', 'temperature', 'temperature', 'TEMPERATURE', 'READ_ONLY', true, NULL, NULL, 1736942401197500, '21.5', 1736942401262749, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('bf549f57-b429-4747-8591-fa7a245e48a4', '79ce855a-8335-449b-8e38-817a460b01c1', 'led', 'led', 'STATUS', 'READ_WRITE', true, NULL, NULL, 1736942401197862, 'true', 1736942401269228, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('71b8cc9d-87be-42eb-ab43-4e9350c25062', '79ce855a-8335-449b-8e38-817a460b01c1', 'light', 'light', 'HOME_COLORED_LIGHT', 'READ_WRITE', true, NULL, NULL, 1736942401198268, '{"swi": true, "hue": 120.0, "sat": 50.0, "bri": 75.0}', 1736942401279810, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('0766becf-a2b8-45d0-b5db-e11382d25053', '79ce855a-8335-449b-8e38-817a460b01c1', 'text', 'text', 'CHARSTRING', 'READ_WRITE', true, NULL, NULL, 1736942401198614, '"h\u00e9llo"', 1736942401273501, NULL, NULL, NULL, NULL);
INSERT INTO public.variables VALUES ('e794f147-f039-4d23-be00-0f04db7e4acf', '9ca09f60-bda2-429b-8049-fb3f730cd38d', 'count', 'count', 'INT', 'READ_WRITE', true, NULL, NULL, 1736942401444774, '42', 1736942401448683, NULL, NULL, NULL, NULL);
SELECT pg_catalog.setval('public.device_events_id_seq', 11, false);
SELECT pg_catalog.setval('public.samples_id_seq', 9, false);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.broker_devices
    ADD CONSTRAINT broker_devices_pkey PRIMARY KEY (device_id);
ALTER TABLE ONLY public.dashboard_shares
    ADD CONSTRAINT dashboard_shares_pkey PRIMARY KEY (dashboard_id, user_id);
ALTER TABLE ONLY public.dashboards
    ADD CONSTRAINT dashboards_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.device_certificates
    ADD CONSTRAINT device_certificates_pkey PRIMARY KEY (serial);
ALTER TABLE ONLY public.device_events
    ADD CONSTRAINT device_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ota_updates
    ADD CONSTRAINT ota_updates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sender_memories
    ADD CONSTRAINT sender_memories_pkey PRIMARY KEY (sender);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_device_id_key UNIQUE (device_id);
ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.variables
    ADD CONSTRAINT variables_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.variables
    ADD CONSTRAINT variables_thing_id_variable_name_key UNIQUE (thing_id, variable_name);
CREATE INDEX ix_api_keys_user_id ON public.api_keys USING btree (user_id);
CREATE INDEX ix_broker_devices_partition ON public.broker_devices USING btree (partition);
CREATE INDEX ix_dashboards_user_id ON public.dashboards USING btree (user_id);
CREATE INDEX ix_device_certificates_device_id ON public.device_certificates USING btree (device_id);
CREATE INDEX ix_device_certificates_id ON public.device_certificates USING btree (id);
CREATE INDEX ix_device_events_device_id ON public.device_events USING btree (device_id);
CREATE INDEX ix_devices_user_id ON public.devices USING btree (user_id);
CREATE INDEX ix_ota_updates_device_id ON public.ota_updates USING btree (device_id);
CREATE INDEX samples_by_time ON public.samples USING btree (variable_id, time_us);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.dashboard_shares
    ADD CONSTRAINT dashboard_shares_dashboard_id_fkey FOREIGN KEY (dashboard_id) REFERENCES public.dashboards(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.dashboard_shares
    ADD CONSTRAINT dashboard_shares_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.dashboards
    ADD CONSTRAINT dashboards_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.device_certificates
    ADD CONSTRAINT device_certificates_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.device_events
    ADD CONSTRAINT device_events_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ota_updates
    ADD CONSTRAINT ota_updates_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_variable_id_fkey FOREIGN KEY (variable_id) REFERENCES public.variables(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.variables
    ADD CONSTRAINT variables_thing_id_fkey FOREIGN KEY (thing_id) REFERENCES public.things(id) ON DELETE CASCADE;
