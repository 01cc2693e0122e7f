"""The Profile page's list of configurations made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui.device_desk import Wanted
from workbench.gui.presenters.problem import Problem
from workbench.gui.shell import Shell
from workbench.gui.widgets.configuration_list import ConfigurationListDialog
from workbench.gui.widgets.profile_form import ProfileForm
from workbench.services.profile_merging import parse_list
from workbench.space.design_space import DesignSpace


class ListByHand(QObject):
    """Fills the form's list: from a dialog, or with what another page asked to be measured."""

    def __init__(
        self,
        shell: Shell,
        form: ProfileForm,
        space_of: Callable[[str], DesignSpace],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._shell, self._form, self._space_of, self._parent = shell, form, space_of, parent
        self._profile = ""
        form.list_asked.connect(self.edit)

    def edit(self) -> None:
        """Let the user write down which configurations to measure."""
        network = self._shell.workspace.current("network")
        if network is None:
            return
        try:
            space = self._space_of(network.key)
        except WorkbenchError as error:
            self._shell.show_problem(Problem.of(error))
            return
        dialog = ConfigurationListDialog(self._form.listed, partial(_count, space), self._parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted_list.connect(self._form.set_listed)
        dialog.open()

    def take(self, wanted: Wanted) -> None:
        """Fill in what another page asked for, to be measured on the device of the profile used."""
        if wanted.device:
            self._form.choose_device(wanted.device)
        else:
            current = self._shell.workspace.current("device")
            self._profile = "" if current is None else current.key
            self.choose()
        if wanted.configurations:
            self._form.set_listed(wanted.configurations)

    def choose(self) -> None:
        """Choose the device that the list is meant for, if it is there by now."""
        found = [d for d in self._form.devices if self._profile and d.profile_id == self._profile]
        if found:
            self._form.choose_device(found[0].key)
            self._profile = ""


def _count(space: DesignSpace, texts: Sequence[str]) -> int:
    """How many configurations a list names. Raises: SettingsError."""
    return len(parse_list(space, texts))
