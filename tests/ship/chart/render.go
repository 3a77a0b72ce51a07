// SPDX-License-Identifier: MIT

// render renders a chart as Helm does: Go's templates, sprig's functions, and the few that Helm adds.
//
//	render CHART VALUES.json    the objects as YAML, one document after another
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func toYaml(value interface{}) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// functions are those of Helm; what reaches outside of the values is left out there, too
func functions(templates *template.Template) template.FuncMap {
	functions := sprig.TxtFuncMap()
	delete(functions, "env")
	delete(functions, "expandenv")
	functions["toYaml"] = toYaml
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := templates.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	return functions
}

func readValues(path string) (map[string]interface{}, error) {
	var values map[string]interface{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &values) // numbers as Helm has them
	}
	return values, err
}

// files are what .Files.Get sees: those of the chart that are no templates
type files string

func (chart files) Get(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(string(chart), name))
	return string(text), err
}

func render(chart, path string) error {
	values, err := readValues(path)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	if err != nil {
		return err
	}
	templates := template.New("chart").Option("missingkey=zero")
	templates.Funcs(functions(templates))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := templates.New(filepath.Base(name)).Parse(string(text)); err != nil {
			return err
		}
	}
	data := map[string]interface{}{
		"Values":  values,
		"Files":   files(chart),
		"Release": map[string]interface{}{"Name": "test", "Namespace": "default", "Service": "Helm"},
	}
	for _, name := range names {
		var out strings.Builder
		base := filepath.Base(name)
		if strings.HasPrefix(base, "_") {
			continue
		}
		if err := templates.ExecuteTemplate(&out, base, data); err != nil {
			return err
		}
		if strings.HasSuffix(base, ".yaml") {
			fmt.Printf("---\n# %s\n%s\n", base, strings.ReplaceAll(out.String(), "<no value>", ""))
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: render CHART VALUES.json")
		os.Exit(64)
	}
	if err := render(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
