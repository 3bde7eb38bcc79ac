"""Every Other Day: an AI newsroom for one desk.

The way of the data; each arrow is one stage, each stage one folder::

  source -> payload -> item -> text -> story -> slot of an issue -> summary -> checks -> review -> rendering -> delivery
       fetch/      | extract/ | dedupe/ | rank/ |       summarise/  | verify/ | review/ |  render/  |  deliver/
                                                                    translate/ |

``run.py`` walks the stages in that order. A stage's to-do list is a query for what is missing (``pending``), so a crash
or a re-run needs no repair. Below the stages: ``context`` (what they are given), ``sources channels store net model``
(the outside world, one file each), ``config resources schedule``, ``text`` (pure functions), ``types`` and ``errors``.
Imports go down only; tests/test_layers.py holds that.
"""
