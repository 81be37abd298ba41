"""Somebody in front of a browser, with the page of a simulated account open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.support.driver import Account


class Person:
    """Somebody in front of a browser, with the account's page open."""

    def __init__(self, driver: webdriver.Chrome, account: Account) -> None:
        self.driver = driver
        self.account = account

    def open(self, path: str = "/") -> Person:
        self.driver.get(self.account.sandbox.url + path)
        return self

    def open_campaign(self, name: str) -> Person:
        return self.open("/campaigns").follow(name)

    def open_contact(self, key: str) -> Person:
        return self.open(f"/contacts?q={key.replace('+', '%2B')}").follow(key)

    def follow(self, words: str) -> Person:
        with self.leaving():
            self.driver.find_element(By.LINK_TEXT, words).click()
        return self

    def press(self, words: str) -> Person:
        with self.leaving():
            self.one(f"//button[normalize-space()='{words}']").click()
        return self

    def unfold(self, words: str) -> Person:
        self.one(f"//summary[contains(., '{words}')]").click()
        return self

    def enter(self, label: str, value: str) -> Person:
        """Put a value into the field of this label."""
        field = self.labelled(label)
        field.clear()
        field.send_keys(value)
        return self

    def choose(self, label: str, words: str) -> Person:
        Select(self.labelled(label)).select_by_visible_text(words)
        return self

    def tick(self, words: str) -> Person:
        self.one(f"//label[normalize-space()='{words}']/input").click()
        return self

    def at(self, day: str, time: str) -> Person:
        """Type `12022030` and `0900AM` into the input for a day and a time."""
        self.labelled("Day and time").send_keys(f"{day}\t{time}")
        return self

    def labelled(self, label: str) -> WebElement:
        ident = self.one(f"//label[normalize-space()='{label}']").get_attribute("for")
        return self.driver.find_element(By.ID, str(ident))

    def one(self, xpath: str) -> WebElement:
        (found,) = self.driver.find_elements(By.XPATH, xpath)
        return found

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait, after a click, until the next page has replaced this one."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        yield
        WebDriverWait(self.driver, 10, 0.02).until(lambda _: gone(before))

    @property
    def said(self) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, "[role=status]").text

    @property
    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "main").text

    def state(self, part: str, **wanted: Any) -> Any:
        (found,) = (one for one in self.account.state()[part] if wanted.items() <= one.items())
        return found


def gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except WebDriverException:
        return True
    return False
