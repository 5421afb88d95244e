"""Jinja as transformers configures it for chat templates, with a fixed clock."""
import datetime
import json
import platform

import jinja2
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2025, 3, 7, 14, 5, 9)
HEADER = {"jinja2": jinja2.__version__, "python": platform.python_version(), "clock": NOW.isoformat()}


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_said"), [], [], body).set_lineno(line)

    def _said(self, caller):
        return self.environment.mark(caller())


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def environment(mark=lambda text: text):
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
    made.mark = mark
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = NOW.strftime
    return made


def render(env, template, values):
    """The output, or what was raised, or which other fault occurred."""
    try:
        return {"output": env.from_string(template).render(**values)}
    except jinja2.exceptions.TemplateSyntaxError as fault:
        return {"fails": "TemplateSyntaxError: " + str(fault)}
    except jinja2.exceptions.TemplateError as fault:
        if type(fault) is jinja2.exceptions.TemplateError:
            return {"raised": str(fault)}
        return {"fails": type(fault).__name__ + ": " + str(fault)}
    except Exception as fault:
        return {"fails": type(fault).__name__ + ": " + str(fault)}
