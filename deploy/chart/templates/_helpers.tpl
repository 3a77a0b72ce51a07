{{- /* SPDX-License-Identifier: MIT */ -}}
{{- define "chatterbox.labels" -}}
app.kubernetes.io/name: chatterbox
app.kubernetes.io/instance: {{ .Values.name }}
app.kubernetes.io/version: {{ .Values.version | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "chatterbox.selector" -}}
app.kubernetes.io/name: chatterbox
app.kubernetes.io/instance: {{ .Values.name }}
{{- end }}

{{- define "chatterbox.port" -}}
{{- dig "http_server" "port" 3041 .Values.config -}}
{{- end }}

{{- define "chatterbox.base" -}}
{{- dig "http_server" "base_path" "" .Values.config -}}
{{- end }}

{{- define "chatterbox.scheme" -}}
{{- if dig "http_server" "tls" false .Values.config }}HTTPS{{ else }}HTTP{{ end -}}
{{- end }}

{{- /* A list of (key, secret, member): secrets are files, which their keys name by _FILE */ -}}
{{- define "chatterbox.env" -}}
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- range $name, $from := .secrets }}
- name: {{ $name }}_FILE
  value: /run/secrets/chatterbox/{{ $name }}
{{- end }}
{{- end }}

{{- define "chatterbox.volumes" -}}
- name: config
  configMap:
    name: {{ .config }}
{{- if .secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $from := .secrets }}
      - secret:
          name: {{ $from.secret }}
          items:
            - key: {{ $from.key }}
              path: {{ $name }}
      {{- end }}
{{- end }}
{{- if .files }}
- name: files
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $from := .files }}
      - {{ hasKey $from "secret" | ternary "secret" "configMap" }}:
          name: {{ $from.secret | default $from.configMap }}
          items:
            - key: {{ $from.key }}
              path: {{ $name }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "chatterbox.mounts" -}}
- name: config
  mountPath: /etc/chatterbox
  readOnly: true
{{- if .secrets }}
- name: secrets
  mountPath: /run/secrets/chatterbox
  readOnly: true
{{- end }}
{{- if .files }}
- name: files
  mountPath: /run/files/chatterbox
  readOnly: true
{{- end }}
{{- end }}

{{- /* Names, and the ports of the servers */ -}}
{{- define "chatterbox.egress" -}}
{{- $config := .Values.config -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- ports:
    {{- $ports := list (dig "redis" "port" 6379 $config | int) (dig "rmq" "port" 5672 $config | int) (dig "sequelize" "port" 5432 $config | int) }}
    {{- range dig "redis" "sentinels" list $config }}
    {{- $ports = append $ports (dig "port" 26379 . | int) }}
    {{- end }}
    {{- $nodes := dig "redis" "cluster" list $config }}
    {{- if kindIs "slice" $nodes }}
    {{- range $nodes }}
    {{- $ports = append $ports (dig "port" 6379 . | int) }}
    {{- end }}
    {{- end }}
    {{- if dig "live_temp" "host" "" $config }}
    {{- $ports = append $ports (dig "live_temp" "port" 5432 $config | int) }}
    {{- end }}
    {{- range $ports | uniq }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "chatterbox.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "chatterbox.container" -}}
name: chatterbox
image: "{{ .Values.image }}:{{ .Values.version }}"
imagePullPolicy: {{ .Values.imagePullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end }}
