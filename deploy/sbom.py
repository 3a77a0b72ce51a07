#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbom.py OWNERS VERSION CREATED - the packages of which the image has files, as an SPDX 2.3 document"""
import hashlib
import json
import re
import sys


def identifier(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package(name, about):
    supplier = about["maintainer"].split(" <")[0]
    found = {"SPDXID": identifier(name), "name": name, "versionInfo": about["version"],
             "supplier": f"Organization: {supplier}" if supplier else "NOASSERTION",
             "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
             "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
             "copyrightText": f"see /usr/share/doc/{name}/copyright",
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                               "referenceLocator": f"pkg:deb/debian/{name}@{about['version'].replace('+', '%2B')}"
                                                   f"?arch={about['architecture']}"}]}
    if about["homepage"]:
        found["homepage"] = about["homepage"]
    if about["source"]:
        found["sourceInfo"] = "built from the source package " + about["source"]
    return found


def document(owners, version, created):
    digest = hashlib.sha256(json.dumps(owners, sort_keys=True).encode()).hexdigest()
    top = {"SPDXID": "SPDXRef-Image", "name": "chatterbox", "versionInfo": version,
           "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
           "licenseDeclared": "MIT", "copyrightText": "The chatterbox authors", "primaryPackagePurpose": "CONTAINER"}
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"chatterbox-{version}", "documentNamespace": f"urn:chatterbox:{version}:{digest}",
            "creationInfo": {"created": created, "creators": ["Tool: chatterbox-sbom.py"]},
            "packages": [top] + [package(name, about) for name, about in sorted(owners.items())],
            "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                               "relatedSpdxElement": "SPDXRef-Image"}]
                             + [{"spdxElementId": "SPDXRef-Image", "relationshipType": "CONTAINS",
                                 "relatedSpdxElement": identifier(name)} for name in sorted(owners)]}


def main():
    where, version, created = sys.argv[1:]
    with open(where, encoding="utf-8") as file:
        json.dump(document(json.load(file), version, created), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
